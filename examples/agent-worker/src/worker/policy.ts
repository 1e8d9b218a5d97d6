import type { SandglassOptions } from '@sandglass/sdk'

/** What tasks of each trust tier may do in this Worker. */
export const policy: NonNullable<SandglassOptions['policy']> = {
  id: 'agent-worker',
  version: '2026-11-01',
  mode: 'enforce',
  tiers: {
    A: { defaults: { secret: 'deny' }, rules: [] },
    B: {
      rules: [
        { id: 'no-production-secrets', kind: 'secret', match: ['PROD_*'], effect: 'deny' },
        {
          id: 'manifests-are-reviewed',
          kind: 'path',
          match: ['/workspace/deploy/**'],
          effect: 'deny',
          mode: 'observe',
        },
      ],
    },
    C: {
      defaults: { secret: 'deny' },
      rules: [
        { id: 'no-production-secrets', kind: 'secret', match: ['PROD_*'], effect: 'deny' },
        { id: 'registry-read', kind: 'secret', match: ['REGISTRY_TOKEN'], effect: 'allow' },
        { id: 'no-downloaders', kind: 'command', match: ['curl', 'wget'], effect: 'deny' },
        { id: 'manifests-are-frozen', kind: 'path', match: ['/workspace/deploy/**'], effect: 'deny' },
      ],
    },
  },
}
