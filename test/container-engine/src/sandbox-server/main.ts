/** `node main.ts <workspace>`: inside a container of the local engine, the server of a 0.12 sandbox on port 3000. */
import { CONTAINER_ADDRESS } from '../network/address.ts'
import { createSandboxServer } from './server.ts'
import { createWorkbench } from './workbench.ts'

const PORT = 3_000

const [, , workspace = '/workspace'] = process.argv
const address = process.env[CONTAINER_ADDRESS] ?? '127.0.0.1'
createSandboxServer(createWorkbench(workspace, address)).listen(PORT, address)
