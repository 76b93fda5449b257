import { beforeEach, expect, it } from 'vitest';
import { type ObservedModel } from '#libs/store/activation/observed-activations';
import { ObservedReporter } from './observed-reporter.ts';

const SELF = { id: 'p', host: 'h', pid: 1, version: '1', startedAtMs: 0 };
let calls: string[];
let isKnown: boolean;
let isAway: boolean;
let models: ObservedModel[];
let nowMs: number;
let reporter: ObservedReporter;

const at = (generation: number): ObservedModel => ({ model: 'm', generation, state: 'ready', detail: null, stable: 'a', canary: null, shadow: null, resident: ['a'] });

beforeEach(() => {
  calls = [];
  isKnown = true;
  isAway = false;
  models = [at(1)];
  nowMs = 1_000_000;
  const store = {
    report: async (_: unknown, told: readonly ObservedModel[]) => {
      if (isAway) throw new Error('away');
      calls.push(`report ${told[0]?.generation}`);
    },
    touch: async () => {
      calls.push('touch');
      return isKnown;
    },
    remove: async () => void calls.push('remove'),
    sweep: async (beforeMs: number) => void calls.push(`sweep ${nowMs - beforeMs}`),
  };
  reporter = new ObservedReporter(store, SELF, () => models, () => nowMs);
});

it('tells what changed, and otherwise only that it lives', async () => {
  await reporter.report();
  await reporter.report();
  models = [at(2)];
  await reporter.report();
  expect(calls).toEqual(['report 1', 'sweep 3600000', 'touch', 'report 2']);
});

it('tells all again when it was forgotten, or when the database was away', async () => {
  await reporter.report();
  isKnown = false;
  await reporter.report();
  expect(calls.slice(2)).toEqual(['touch', 'report 1']);
  models = [at(2)];
  isAway = true;
  await expect(reporter.report()).rejects.toThrow('away');
  isAway = false;
  isKnown = true;
  await reporter.report();
  expect(calls.at(-1)).toBe('report 2');
});

it('sweeps each minute, and says nothing more once it has left', async () => {
  await reporter.report();
  nowMs += 59_000;
  await reporter.report();
  nowMs += 1_000;
  await reporter.report();
  expect(calls.filter((call) => call.startsWith('sweep'))).toHaveLength(2);
  const late = reporter.report();
  await reporter.leave();
  await late;
  await reporter.report();
  expect(calls.at(-1)).toBe('remove');
});
