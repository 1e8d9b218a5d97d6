import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@sandglass/source'] },
  ssr: { resolve: { conditions: ['@sandglass/source'] } },
  test: {
    include: ['*/src/**/*.test.ts', 'examples/*/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    // Real engines on a busy CI machine: once more is allowed there, and the report names every test that needed it.
    retry: process.env['CI'] === undefined ? 0 : 1,
    // Most tests wait for processes of their own more than they compute.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    execArgv: ['--conditions=@sandglass/source'],
  },
})
