import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@sandglass/source'] },
  ssr: { resolve: { conditions: ['@sandglass/source'] } },
  test: {
    include: ['*/src/**/*.test.ts', 'examples/*/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    execArgv: ['--conditions=@sandglass/source'],
  },
})
