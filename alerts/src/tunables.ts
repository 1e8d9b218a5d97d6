/** Every number of the alert rules, in one place. Seconds, counts and ratios as their names say. */
export const tunables = {
  secretDeniedBurst: { denials: 5, windowS: 600 },
  /** The window reaches back over the longest budget window, a month: a verdict is only decided when it changes. */
  spendOverBudget: { ratio: 1, resolveBelowRatio: 0.95, windowS: 32 * 86_400 },
  overrideWithoutTicket: { ticketPattern: '^[A-Z][A-Z0-9]+-[0-9]+$', windowS: 3600 },
  manifestRewritten: { windowS: 1800 },
  egressDenied: { requests: 3, windowS: 900 },
  tierCReachedProduction: { windowS: 1800 },
  sandboxIdleOpen: { idleS: 1800, windowS: 3600, idleShare: 0.95, goneS: 600 },
  debugShellWithoutGrant: { windowS: 3600 },
  /** A burn rate of 1 spends a budget exactly by the end of its window. Limits are as of the last decision. */
  runawaySpend: {
    shortWindowS: 3600,
    shortBurnRate: 6,
    longWindowS: 21_600,
    longBurnRate: 2,
    budgetLookbackS: 32 * 86_400,
    /** Teams without a budget are held against what they usually spend, and small change never pages. */
    baselineS: 7 * 86_400,
    paceUsdPerHourMin: 1,
  },
  telemetrySilent: { silentS: 600, windowS: 7200 },
  /** The newest decisions are left out: the one before may still be on its way. */
  decisionChainGap: { windowS: 7200, settleS: 120, lookbackS: 86_400 },
  collectorWatermarkStale: { lagS: 300, windowS: 86_400 },
} as const
