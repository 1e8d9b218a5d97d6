/** A customer's Node program, built against the packages as they are published. */
import { createSandglass } from '@sandglass/sdk'
import { startSandglassNode } from '@sandglass/sdk/node'
import { parseUsd } from '@sandglass/schemas/money'
import { event } from '@sandglass/schemas/semconv'

const [, , endpoint = ''] = process.argv
const node = startSandglassNode({ serviceName: 'packed-node', endpoint })
const spec = { class: 'greet', team: 'web', tier: 'A', agent: 'greeter' } as const
const text = await node.sandglass.task(spec, (task) => task.tool('greet', {}, () => 'hello world'))
await node.shutdown()
console.log(
  JSON.stringify({
    text,
    stats: node.sandglass.stats(),
    kind: typeof createSandglass,
    event: event.taskFinished,
    money: String(parseUsd('1.5')),
  }),
)
