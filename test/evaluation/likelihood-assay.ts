import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { type Assay, type RunInputs, type Step } from '#libs/evaluation/run/assay';
import { type Json } from '#libs/evaluation/run/run';

const ITEMS_PER_STEP = 2;

interface Part {
  readonly nats: number;
  readonly usage: readonly number[];
  readonly ms: number;
}

/**
 * A small real assay: sums log probabilities of texts and counts the experts that were taken.
 * Its settings make it go wrong in the ways that are tested.
 * @param reach told of each point before it is passed: `plan`, `step-<n>`, `conclude`
 */
export function likelihoodAssay(reach: (point: string) => Promise<void>): Assay {
  return {
    kind: 'suite',
    async plan(inputs: RunInputs): Promise<readonly Step[]> {
      const { spec, candidate } = inputs;
      await reach('plan');
      if (spec.settings['fault'] === 'plan-throws') throw new Error('planning is out of order');
      const steps: Step[] = [];
      for (const task of inputs.suite.tasks) {
        const items = await inputs.dataset(task.dataset);
        for (let from = 0; from < items.length; from += ITEMS_PER_STEP) {
          const at = steps.length;
          steps.push({
            key: { assay: 'test/1', candidate: spec.candidate, dataset: task.dataset, from, salt: spec.settings['salt'] ?? null },
            label: `${task.id}, items from ${from}`,
            async measure({ probe, nowMs }) {
              const startedMs = nowMs();
              const texts = items.slice(from, from + ITEMS_PER_STEP).map((item) => (item as { readonly text: string }).text);
              const questions = await Promise.all(texts.map(async (text) => ({ tokens: await probe.encode(candidate, text), from: spec.settings['fault'] === 'not-askable' ? 0 : 1 })));
              const scores = await probe.score(candidate, questions);
              // After the work, so that a kill here loses what was measured and not kept.
              await reach(`step-${at}`);
              const usage = Array.from({ length: candidate.shape.experts }, () => 0);
              for (const { routes } of scores) for (const expert of routes.expertIds) usage[expert]! += 1;
              if (spec.settings['fault'] === 'large-part') return 'x'.repeat(2 ** 20);
              return { nats: scores.reduce((sum, { logProbs }) => sum + logProbs.reduce((a, b) => a + b, 0), 0), usage, ms: nowMs() - startedMs };
            },
          });
        }
      }
      steps.push({ key: { assay: 'test/1', candidate: spec.candidate, last: true, salt: spec.settings['salt'] ?? null }, label: 'conclude', measure: async () => { await reach('conclude'); return { nats: 0, usage: [], ms: 0 }; } });
      return steps;
    },
    conclude({ spec }, parts): Json {
      if (spec.settings['fault'] === 'conclude-refuses') throw new EvaluationError('nothing-to-say', 'settings.fault', 'Give another fault.');
      if (spec.settings['fault'] === 'large-result') return { format: 'signalbox.result/1', text: 'x'.repeat(8 * 2 ** 20) };
      const measured = parts.map((part) => part as unknown as Part);
      return {
        format: 'signalbox.result/1',
        nats: measured.map(({ nats }) => nats),
        usage: measured.map(({ usage }) => usage),
        measured: { milliseconds: measured.map(({ ms }) => ms) },
      };
    },
  };
}
