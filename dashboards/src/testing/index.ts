export { startTestDatabase, type StoredRecords, type TestDatabase } from './database.ts'
export { incident, incidentSubjects } from './incident.ts'
export type { Attributes, StoredCharge, StoredEvent, StoredSpan, StoredWatermark } from './stored.ts'
