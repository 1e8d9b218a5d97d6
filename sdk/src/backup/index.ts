export { recordBackup, recordMount } from './record-storage.ts'
