#!/usr/bin/env node
// Runs the TypeScript sources on the current Node; says what to do on one that cannot.
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 24
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(
    `sandglass needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}. ` +
      'Run it through npm (npx sandglass …, npm start): the repository brings its own Node after npm ci.',
  )
  process.exit(2)
}
process.execve(
  process.execPath,
  [
    process.execPath,
    '--conditions=@sandglass/source',
    '--disable-warning=ExperimentalWarning',
    main,
    ...process.argv.slice(2),
  ],
  process.env,
)
