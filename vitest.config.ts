import { defineConfig } from 'vitest/config';

/** Test files that compare moments, or that load the machine until others would time out. */
const ALONE = ['test/activation-load/**/*.test.ts', 'test/outage/outage.test.ts', 'test/rollout/handover.test.ts'];

const system = {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  globalSetup: ['test/fixtures/postgres-clusters.ts'],
};

export default defineConfig({
  resolve: { conditions: ['development'] },
  ssr: { resolve: { conditions: ['development'] } },
  test: {
    setupFiles: ['reflect-metadata'],
    // The groups run one after the other. Unit tests compute, and vitest would leave one core idle; files of
    // `system` mostly wait for other processes, and two of them share a small machine well.
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{libs,apps,migrations}/**/*.test.ts'], testTimeout: 30_000, maxWorkers: '100%', sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { ...system, name: 'system', include: ['test/**/*.test.ts'], exclude: ALONE, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { ...system, name: 'system-alone', include: ALONE, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
