import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest begins first, so that no worker is left alone with it at the end. */
const LONG = [
  'faults/kill',
  'load/load',
  'stories/stories',
  'faults/workspace',
  'acceptance/desk',
  'demo/demo',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some(name => moduleId.includes(`/test/${name}`));
    return [...sorted.filter(isLong), ...sorted.filter(file => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Most tests wait for git, tmux and agents: two at once left a quarter of two cores idle.
    maxWorkers: 3,
    // Only what hangs comes near these: they are no claim of speed, and a busy machine must not fail a test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    retry: 0,
    globalSetup: 'test/support/leaks.ts',
    coverage: {
      provider: 'istanbul',
      include: ['src/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90 },
    },
  },
});
