/** Conditions that make a query read one task and no more, whatever the time picker says. */

/** The chosen task, in tables with snake_case columns. */
export const ofTask = 'tenant_id = ${tenant:singlequote} AND task_id = ${task:singlequote}'

const bound = (moment: string) => `(SELECT ${moment} FROM task_states WHERE ${ofTask})`

/** What happened around a task's start is up to a minute older; what came of it, up to an hour younger. */
const first = bound('ifNull(min(started_at), $__fromTime_ms) - INTERVAL 1 MINUTE')
const last = bound('greatest(ifNull(max(alive_at), $__toTime_ms), max(finish).at) + INTERVAL 1 HOUR')

/** The time of the task: tables are sorted by hour before task, so this is what keeps a read small. */
export const withinTask = (column = 'time') => `${column} >= ${first} AND ${column} <= ${last}`

/** Rows of the chosen task in tables that are sorted by hour, then task. */
export const taskRows = `${ofTask} AND ${withinTask()}`
