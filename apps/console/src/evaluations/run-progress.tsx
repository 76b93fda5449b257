import { type ListedEvaluation } from '../api/gen/types.gen.ts';
import { ProgressBar } from '../releases/progress-bar.tsx';
import { partDone, progressInWords } from './run-words.ts';

/** How far a run has come, as a bar and in words. */
export function RunProgress({ run }: { readonly run: Pick<ListedEvaluation, 'progress'> }) {
  return (
    <div className="flex flex-col gap-1">
      <ProgressBar label="Steps done" value={partDone(run) ?? 0} />
      <p className="text-xs text-ink-soft">{progressInWords(run)}</p>
    </div>
  );
}
