/** Migrates the database named by the arguments, in a process of its own that a test may kill. */
import { createClient } from '@clickhouse/client'
import { migrate } from '../migrate.ts'

const [url, username, password, database] = process.argv.slice(2)
if (url === undefined || username === undefined || password === undefined || database === undefined) {
  throw new Error('usage: migrate-child <url> <username> <password> <database>')
}
const client = createClient({ url, username, password, database })
const { applied } = await migrate(client)
process.stdout.write(JSON.stringify(applied))
await client.close()
