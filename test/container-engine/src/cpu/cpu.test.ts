import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { startTestWorker } from '../testing/workerd.ts'
import type { TestWorker } from '../testing/workerd.ts'

let worker: TestWorker
beforeAll(async () => {
  worker = await startTestWorker()
})
afterAll(() => worker.stop())

/** Whether a figure is right but for a tenth, and five ticks for starting programs and rounding. */
function isAbout(asked: number, seconds: number): boolean {
  return Math.abs(seconds - asked) < asked * 0.1 + 0.05
}

/** A program that measures itself and stops once it has used that much processor time. */
function burn(seconds: number): string {
  return `while (process.cpuUsage().user + process.cpuUsage().system < ${seconds * 1e6});`
}

/** Sum of the busy columns of the first line of /proc/stat, seconds, as a meter in the Worker reads it. */
function readMeter(box: string): Promise<number> {
  return worker.run(box, async ({ container }) => {
    const { stdout } = await (await container.exec(['cat', '/proc/stat'])).output()
    const [name, user, nice, system] = new TextDecoder().decode(stdout).split(/\s+/)
    return name === 'cpu' ? (Number(user) + Number(nice) + Number(system)) / 100 : Number.NaN
  })
}

function run(box: string, programs: string[]): Promise<unknown> {
  return worker.run(
    box,
    ({ container }, codes) =>
      Promise.all(codes.map(async (code) => (await container.exec(['node', '-e', code])).exitCode)),
    programs,
  )
}

async function measured(box: string, programs: string[]): Promise<number> {
  const before = await readMeter(box)
  await run(box, programs)
  return (await readMeter(box)) - before
}

test('a command that burns one second is accounted for one second', async () => {
  await worker.start('one')
  expect(await measured('one', [burn(1)])).toSatisfy((spent: number) => isAbout(1, spent))
})

test('four commands at once add up', async () => {
  await worker.start('four')
  const programs = [burn(0.5), burn(0.5), burn(0.5), burn(0.5)]
  expect(await measured('four', programs)).toSatisfy((spent: number) => isAbout(2, spent))
})

test('time is accounted while the command still runs', async () => {
  await worker.start('live')
  const before = await readMeter('live')
  const running = run('live', [burn(1.2)])
  await vi.waitFor(async () => expect((await readMeter('live')) - before).toBeGreaterThan(0.3), {
    interval: 50,
  })
  await running
})

test('time of a killed command is kept', async () => {
  await worker.start('killed')
  const spent = await worker.run('killed', async ({ container, sh }) => {
    const script = `const busy = () => process.cpuUsage().user / 1e6
      while (busy() < 0.5); require('fs').writeFileSync('done', ''); for (;;);`
    const child = await container.exec(['node', '-e', script])
    await sh('while [ ! -e done ]; do sleep 0.01; done')
    child.kill(9)
    return child.exitCode
  })
  expect(spent).toBe(137)
  expect(worker.containerOf('killed').cpuSeconds).toBeGreaterThan(0.45)
})

test('time of a process that lost its parent is counted, and stays when it has ended', async () => {
  await worker.start('orphan')
  const before = await readMeter('orphan')
  const orphan = `(setsid node -e '${burn(0.6)}; fs.writeFileSync("over", "")' &)`
  await worker.run('orphan', ({ sh }, script) => sh(script), orphan)
  await worker.run('orphan', ({ sh }) => sh('while [ ! -e over ]; do sleep 0.05; done; sleep 0.1'))
  await run('orphan', [burn(0.6)])
  const spent = (await readMeter('orphan')) - before
  expect(spent).toBeGreaterThan(0.95)
  expect(spent).toBeLessThan(1.5)
})

test('the counters of a new container start again, and those of others do not mix in', async () => {
  await worker.start('reset')
  await worker.start('other')
  await run('reset', [burn(0.3)])
  expect(await readMeter('other')).toBeLessThan(0.1)
  await worker.run('reset', async ({ container }) => {
    await container.destroy()
    await container.monitor().catch(() => {})
    container.start({ enableInternet: false })
  })
  expect(await readMeter('reset')).toBeLessThan(0.1)
})

test('the meter itself costs less than a hundredth of a second a time', async () => {
  await worker.start('idle')
  const before = await readMeter('idle')
  for (let i = 0; i < 20; i += 1) await readMeter('idle')
  expect((await readMeter('idle')) - before).toBeLessThan(0.2)
})

test('cpu.stat of the control group says the same as /proc/stat', async () => {
  await worker.start('cgroup')
  await run('cgroup', [burn(0.2)])
  const usage = await worker.run('cgroup', async ({ container }) => {
    const { stdout } = await (await container.exec(['cat', '/sys/fs/cgroup/cpu.stat'])).output()
    return Number(/usage_usec (\d+)/.exec(new TextDecoder().decode(stdout))?.[1])
  })
  expect(Math.abs(usage / 1e6 - (await readMeter('cgroup')))).toBeLessThan(0.05)
})

test('/proc/stat has a line for each processor that add up to the first, and idle time that passes', async () => {
  await worker.start('lines')
  const text = await worker.run('lines', async ({ container }) => {
    const { stdout } = await (await container.exec(['cat', '/proc/stat'])).output()
    return new TextDecoder().decode(stdout)
  })
  const rows = text.split('\n').filter((line) => line.startsWith('cpu'))
  const columns = rows.map((line) => line.split(/\s+/).slice(1).map(Number))
  const [total = [], ...each] = columns
  const sums = total.map((_, column) => each.reduce((sum, row) => sum + (row[column] ?? Number.NaN), 0))
  expect(sums).toEqual(total)
  expect(total[3]).toBeGreaterThan(0)
})

test('/proc/meminfo shows what the container holds', async () => {
  await worker.start('memory')
  const used = await worker.run('memory', async ({ container, sh }) => {
    const read = async (): Promise<number> => {
      const { stdout } = await (await container.exec(['cat', '/proc/meminfo'])).output()
      const text = new TextDecoder().decode(stdout)
      const kib = (name: string): number => Number(new RegExp(`${name}: +(\\d+) kB`).exec(text)?.[1])
      return (kib('MemTotal') - kib('MemAvailable')) / 1024
    }
    const before = await read()
    const program =
      'const held = Buffer.alloc(1e8, 1); fs.writeFileSync("held", ""); setInterval(() => held, 1000)'
    const child = await container.exec(['node', '-e', program])
    await sh('while [ ! -e held ]; do sleep 0.02; done')
    const during = await read()
    child.kill(9)
    await child.exitCode
    return { before, during, after: await read() }
  })
  expect(used.before).toBeLessThan(10)
  expect(used.during - used.before).toBeGreaterThan(100)
  expect(used.during - used.before).toBeLessThan(250)
  expect(used.after).toBeLessThan(10)
})
