/** Stable addresses of the dashboards: links and bookmarks use them, so they never change. Grafana takes 40 characters. */
export const dashboardUids = { task: 'sandglass-task', spend: 'sandglass-spend' } as const

/** Address of the dashboard that shows a runbook. */
export const runbookUid = (name: string): string => `runbook-${kebabCase(name)}`

/** `SecretDeniedBurst` → `secret-denied-burst`. */
export function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase()
}
