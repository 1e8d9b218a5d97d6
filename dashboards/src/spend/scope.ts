/** Conditions of the chosen tenant, teams and time, for rollups by minute and by hour. */
import { ofTeams, ofTenant } from '../variables.ts'
import { watermark } from '../watermark.ts'

export const tenantAndTeams = `${ofTenant()} AND ${ofTeams()}`

/** Whole hours of the chosen time. The hour that still runs is included: it ends at the watermark by itself. */
export const hourRows = `${tenantAndTeams} AND hour >= toStartOfHour($__fromTime_ms) AND hour <= $__toTime_ms`

/** Whole minutes that everything acknowledged has reached. */
export const exactMinuteRows = `${tenantAndTeams} AND $__timeFilter_ms(minute) AND minute + INTERVAL 1 MINUTE <= ${watermark}`

/** Whole hours that everything acknowledged has reached. */
export const exactHourRows = `${hourRows} AND hour + INTERVAL 1 HOUR <= ${watermark}`
