import { attempt, describe } from './describe.ts'
import { sh, started, textOf, readAll, pause, type Scenario } from './stage.ts'

/** The streams of a command. */
export const streamScenarios: Readonly<Record<string, Scenario>> = {
  'streams: default and byte readers, iteration, tee, pipe': async (stage) => {
    const container = await started(stage)
    const script = sh('head -c 100000 /dev/zero | tr "\\0" x')
    const plain = await container.exec(script)
    const byob = await container.exec(sh('printf abcdef'))
    const reader = byob.stdout?.getReader({ mode: 'byob' })
    const pieces = [await reader?.read(new Uint8Array(4)), await reader?.read(new Uint8Array(4))]
    const end = await reader?.read(new Uint8Array(4))
    const iterated = await container.exec(sh('printf 123'))
    let joined = ''
    for await (const chunk of iterated.stdout ?? []) joined += new TextDecoder().decode(chunk)
    const teed = await container.exec(sh('printf tee'))
    const branches = teed.stdout?.tee() ?? []
    const piped = await container.exec(sh('printf pipe'))
    const through = new IdentityTransformStream()
    const pumping = piped.stdout?.pipeTo(through.writable)
    const text = await textOf(through.readable)
    await pumping
    return [
      plain.stdout === null ? 0 : await readAll(plain.stdout.getReader()),
      describe(pieces.map((piece) => piece?.value)),
      describe(end),
      joined,
      await Promise.all(branches.map(textOf)),
      text,
    ]
  },
  'streams: closed, cancelled, read twice': async (stage) => {
    const container = await started(stage)
    const cancelled = await container.exec(sh('yes'))
    const cancel = await attempt(() => cancelled.stdout?.cancel('enough'))
    cancelled.kill(9)
    // workerd itself either knows the exit code now or has lost the connection
    await attempt(() => cancelled.exitCode)
    const half = await container.exec(sh('printf 12; sleep 0.2; printf 34'))
    const reader = half.stdout?.getReader()
    await reader?.read()
    reader?.releaseLock()
    const rest = half.stdout?.getReader()
    const again = await rest?.read()
    const done = await rest?.read()
    const locked = await attempt(() => half.stdout?.getReader())
    return [cancel, describe(again?.value), done?.done, locked, await half.exitCode]
  },
  'streams: nothing is read ahead of the reader': async (stage) => {
    const container = await started(stage)
    const process = await container.exec(sh('head -c 30000000 /dev/zero; echo done >&2'))
    const stdout = process.stdout?.getReader()
    await stdout?.read()
    const isDone = textOf(process.stderr)
    const early = await Promise.race([isDone, pause(300).then(() => 'still writing')])
    let bytes = 0
    if (stdout !== undefined) bytes = await readAll(stdout)
    return [early, bytes > 20_000_000, await isDone, await process.exitCode]
  },
}
