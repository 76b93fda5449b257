import { Check, CircleDashed, CircleX, LoaderCircle } from 'lucide-react';
import { type Rollout } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { formatCount, formatDuration, formatPercent } from '../../ui/format.ts';
import { ProgressBar } from '../progress-bar.tsx';
import { planOf, stepInWords, stepProgress } from './rollout-words.ts';

interface Step {
  readonly share: number;
  readonly bakeMs: number;
  readonly minRequests: number;
  readonly name: string;
}

const ICONS = { passed: Check, failed: CircleX, running: LoaderCircle, stopped: CircleX, waiting: CircleDashed } as const;
const WORDS = { passed: 'passed', failed: 'failed', running: 'in progress', stopped: 'stopped', waiting: 'to come' } as const;

/** The steps of a rollout, how each went, and how far the present one has come. */
export function StepsCard({ rollout }: { readonly rollout: Rollout }) {
  const { stepResults, current, endedAt } = rollout;
  const { steps, watch } = planOf(rollout);
  const all: readonly Step[] = [
    ...steps.map((step, at) => ({ ...step, name: step.share === 0 ? `Step ${at + 1}: shadow only` : `Step ${at + 1}: ${formatPercent(step.share)}` })),
    ...(watch ? [{ ...watch, share: 1, name: 'Watch: 100%' }] : []),
  ];
  return (
    <Card title="Steps">
      <ol className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
        {all.map(({ name, bakeMs, minRequests }, at) => {
          const result = stepResults.findLast(({ step }) => step === at);
          const state = result?.state ?? 'waiting';
          const isNow = endedAt === null && at === rollout.step;
          const figures = isNow ? current.figures : (result?.figures ?? null);
          const progress = state === 'passed' ? 1 : figures === null ? 0 : stepProgress(figures, bakeMs);
          const Icon = ICONS[state];
          return (
            <li key={name} aria-current={isNow ? 'step' : undefined} className={`rounded-md border p-3 ${isNow ? 'border-accent' : 'border-line'}`}>
              <p className="flex items-center gap-1.5 text-sm font-medium">
                <Icon size={15} aria-hidden className={state === 'failed' ? 'text-bad' : state === 'passed' ? 'text-ok' : 'text-ink-soft'} />
                {name} <span className="ml-auto text-xs font-normal text-ink-soft">{WORDS[state]}</span>
              </p>
              <div className="mt-2">
                <ProgressBar label={`${name}, progress`} value={progress} />
              </div>
              <p className="mt-1 text-xs text-ink-soft">{figures === null ? `at least ${formatDuration(bakeMs)} and ${formatCount(minRequests)} requests` : stepInWords(figures, bakeMs)}</p>
            </li>
          );
        })}
      </ol>
      <p className="mt-2 text-xs text-ink-soft">A step passes when its time has gone by, its requests and tokens are there, and every guard has seen enough and has not failed. One that the traffic cannot decide pauses.</p>
    </Card>
  );
}
