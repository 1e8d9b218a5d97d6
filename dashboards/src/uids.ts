/** Stable addresses of the dashboards: links and bookmarks use them, so they never change. */
export const dashboardUids = { task: 'sandglass-task', spend: 'sandglass-spend' } as const
