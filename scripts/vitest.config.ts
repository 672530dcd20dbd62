import { defineConfig } from 'vitest/config';

const common = { testTimeout: 60_000, hookTimeout: 120_000, environment: 'node' as const };

/**
 * Where ten servers share two cores with the test, a wait may run out that is long enough elsewhere. A
 * fault of the code fails every time.
 */
const withServers = { ...common, retry: 2 };

/**
 * unit: nothing but Node. servers: real MySQL and MariaDB servers. e2e: the built command.
 * Two files run at a time, with servers three: scripts/test gives each worker servers of its own.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    root: new URL('..', import.meta.url).pathname,
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.mysql.test.ts', 'test/e2e/**'],
        },
      },
      {
        test: {
          ...withServers,
          name: 'servers',
          include: ['test/**/*.mysql.test.ts'],
          exclude: ['test/e2e/**'],
        },
      },
      {
        test: {
          ...withServers,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
        },
      },
    ],
  },
});
