import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { assistedTask } from './subjects.ts'

const { windowS } = tunables.debugShellWithoutGrant

export const debugShellWithoutGrant = defineRule({
  name: 'DebugShellWithoutGrant',
  severity: 'page',
  summary: '{{ $labels.actor }} opened a terminal in sandbox {{ $labels.sandbox }} without a valid grant',
  description:
    'A terminal was opened with no grant on record, with a grant for another sandbox, or after the grant had expired or been revoked.',
  atlas: ['T0105'],
  owasp: ['ASI05'],
  labels: ['tenant', 'team', 'sandbox', 'actor', 'grant'],
  // Grants are short-lived, so one that is valid now was given within the window.
  sql: `
    WITH granted AS (
      SELECT
        tenant_id,
        grant_id,
        sandbox_id,
        min(time) AS granted_at,
        max(time + toIntervalMillisecond(toInt64(ttl_s * 1000))) AS valid_until
      FROM debug_events
      WHERE $__timeFilter_ms(time) AND kind = 'granted'
      GROUP BY tenant_id, grant_id, sandbox_id
    ),
    revoked AS (
      SELECT tenant_id, grant_id, min(time) AS revoked_at
      FROM debug_events
      WHERE $__timeFilter_ms(time) AND kind = 'revoked'
      GROUP BY tenant_id, grant_id
    )
    SELECT
      opened.tenant_id AS tenant,
      opened.team_id AS team,
      opened.sandbox_id AS sandbox,
      opened.actor_id AS actor,
      opened.grant_id AS grant,
      count() AS value
    FROM debug_events AS opened
    LEFT JOIN granted USING (tenant_id, grant_id, sandbox_id)
    LEFT JOIN revoked USING (tenant_id, grant_id)
    WHERE $__timeFilter_ms(time) AND opened.kind = 'opened'
      AND NOT (opened.grant_id != '' AND opened.time BETWEEN granted.granted_at AND granted.valid_until
        AND (revoked.revoked_at = toDateTime64(0, 9) OR opened.time < revoked.revoked_at))
    GROUP BY tenant, team, sandbox, actor, grant
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 0, keepFiringForS: 0 },
  fireAt: 1,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'a terminal opens and nobody granted it',
        events: [debug('debugOpened', 60)],
        alerts: [{ team: 'payments', sandbox: 'sb-assisted', actor: 'u_31', grant: 'grant-1' }],
      },
      {
        title: 'the grant had expired',
        events: [debug('debugGranted', 1200), debug('debugOpened', 60)],
        alerts: [{ team: 'payments', sandbox: 'sb-assisted', actor: 'u_31', grant: 'grant-1' }],
      },
      {
        title: 'the grant was for another sandbox',
        events: [debug('debugGranted', 90, { sandboxId: 'sb-other' }), debug('debugOpened', 60)],
        alerts: [{ team: 'payments', sandbox: 'sb-assisted', actor: 'u_31', grant: 'grant-1' }],
      },
      {
        title: 'the grant was revoked before',
        events: [debug('debugGranted', 90), debug('debugRevoked', 75), debug('debugOpened', 60)],
        alerts: [{ team: 'payments', sandbox: 'sb-assisted', actor: 'u_31', grant: 'grant-1' }],
      },
    ],
    mustNotFire: [
      {
        title: 'a terminal opens within its grant',
        events: [debug('debugGranted', 90), debug('debugOpened', 60)],
      },
      {
        title: 'the grant was revoked after the terminal had opened',
        events: [debug('debugGranted', 90), debug('debugOpened', 60), debug('debugRevoked', 30)],
      },
      { title: 'a grant that nobody used', events: [debug('debugGranted', 90)] },
    ],
  },
})

function debug(
  event: 'debugGranted' | 'debugOpened' | 'debugRevoked',
  ageS: number,
  changed: Attributes = {},
): StoredEvent {
  return {
    ageS,
    event,
    attributes: {
      ...assistedTask,
      debugGrantId: 'grant-1',
      actorId: 'u_31',
      actorType: 'human',
      reason: 'look at a hanging build',
      ticket: 'OPS-4712',
      debugTtl: 900,
      ...changed,
    },
  }
}
