import { expect, it } from 'vitest';
import { runPhase, type Stage } from './phase.ts';
import { type ToldAlert } from './told.ts';

const told = (status: 'firing' | 'resolved', signal: string, fingerprint = signal): ToldAlert => ({ status, ruleName: signal, severity: 'critical', labels: { signal }, fingerprint, finding: null, atMs: 0 });

/** Each wait is a request and takes `waitMs`; what happens in each is a script. */
function stageOf(script: readonly (() => void)[], alerts: ToldAlert[], waitMs = 1000): Stage {
  let waits = 0;
  return {
    traffic: {
      get answered() {
        return waits;
      },
      check: () => undefined,
    },
    told: () => alerts,
    signal: new AbortController().signal,
    onWait: () => {
      script[waits++]?.();
    },
    now: () => waits * waitMs,
  };
}

it('measures from the change to its alert, and from the undoing to the last resolution', async () => {
  const alerts: ToldAlert[] = [told('firing', 'mix-shift', 'earlier'), told('resolved', 'mix-shift', 'earlier')];
  const done: string[] = [];
  const nothing = (): void => undefined;
  const stage = stageOf(
    [nothing, () => alerts.push(told('firing', 'low-entropy')), () => alerts.push(told('firing', 'mix-shift', 'a'), told('firing', 'mix-shift', 'b')), () => alerts.push(told('resolved', 'mix-shift', 'a')), () => alerts.push(told('resolved', 'low-entropy'), told('resolved', 'mix-shift', 'b'))],
    alerts,
  );
  const result = await runPhase(stage, { title: 'one domain', expected: 'mix-shift', apply: async () => void done.push('apply'), undo: async ({ fingerprint }) => void done.push(`undo ${fingerprint}`) });
  expect(done).toEqual(['apply', 'undo a']);
  expect(result).toMatchObject({ found: { fingerprint: 'a' }, toFind: { requests: 3, seconds: 3 }, toResolve: { requests: 2, seconds: 2 }, told: [{ signal: 'low-entropy', layer: null }, { signal: 'mix-shift', layer: null }] });
});

it('gives up after a while, and says where to look', async () => {
  const stage = stageOf([], [], 200_000);
  await expect(runPhase(stage, { title: '', expected: 'router-shift', apply: async () => undefined, undo: async () => undefined })).rejects.toThrow(/600 s for the alert router-shift, in vain: signalbox readings/);
});
