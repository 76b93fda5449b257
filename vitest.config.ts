import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Test files that compare moments, or that load the machine until others would time out. */
const ALONE = ['test/activation-load/**/*.test.ts', 'test/outage/outage.test.ts', 'test/rollout/handover.test.ts'];

/** The files that take longest, the longest first. Begun late, one of them would run on when all others have ended. */
const LONGEST = [
  'test/tuned-expert/tuned-expert.test.ts',
  'test/accounting/accounting.test.ts',
  'test/console/tour.test.ts',
  'test/delivery/faults.test.ts',
  'test/data-rules/data-rules.test.ts',
  'test/live/shift.test.ts',
  'test/alerts/kill.test.ts',
  'test/console/alerts-views.test.ts',
  'test/console/settings.test.ts',
  'test/prometheus/alertmanager.test.ts',
  'test/outage/frozen.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`));
      return at < 0 ? LONGEST.length : at;
    };
    const sorted = await super.sort(files); // oxlint-disable-line unicorn/no-array-sort -- a sequencer's, not an array's
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b));
  }
}

/** A limit of what a test waits for, not a time that anything should take: the machine may be busy. */
const WAIT_MS = 20_000;

const system = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 120_000 } },
  globalSetup: ['test/fixtures/postgres-clusters.ts'],
};

export default defineConfig({
  resolve: { conditions: ['development'] },
  ssr: { resolve: { conditions: ['development'] } },
  test: {
    setupFiles: ['reflect-metadata', 'test/harness/waits.ts', 'test/harness/properties.ts'],
    expect: { poll: { timeout: WAIT_MS } },
    sequence: { sequencer: LongestFirst },
    // The groups run one after the other. Unit tests compute, and vitest would leave one core idle; files of
    // `system` often wait for other processes, and three of them share a machine of two cores well.
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{libs,apps,migrations}/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: '100%', sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { ...system, name: 'system', include: ['test/**/*.test.ts'], exclude: ALONE, maxWorkers: 3, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { ...system, name: 'system-alone', include: ALONE, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
