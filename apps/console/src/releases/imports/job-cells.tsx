import { type Import } from '../../api/gen/types.gen.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { formatBytes, formatPercent } from '../../ui/format.ts';
import { ProgressBar } from '../progress-bar.tsx';
import { ReleaseLink } from '../release-link.tsx';

const TONES: Readonly<Record<Import['state'], Tone>> = { queued: 'neutral', running: 'info', succeeded: 'ok', failed: 'bad', cancelled: 'neutral' };

export function isUnderWay({ state }: Pick<Import, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}

/** How far an import or derivation is. */
export function JobState({ job: { state, progress } }: { readonly job: Import }) {
  const { phase, doneBytes, totalBytes } = progress;
  const part = totalBytes === 0 ? 0 : doneBytes / totalBytes;
  return (
    <>
      <Badge tone={TONES[state]}>{state}</Badge>
      {state === 'running' && (
        <div className="mt-1 min-w-36">
          <ProgressBar label={`${phase}, progress`} value={part} />
          <p className="text-xs text-ink-soft">
            {phase}, {totalBytes === 0 ? formatBytes(doneBytes) : `${formatPercent(part, 0)} of ${formatBytes(totalBytes)}`}
          </p>
        </div>
      )}
    </>
  );
}

/** The release that an import or derivation made, or why it made none. */
export function JobResult({ job: { releaseId, summary, warnings, error } }: { readonly job: Import }) {
  return (
    <div className="max-w-lg">
      {releaseId !== null && <ReleaseLink releaseId={releaseId} />} {summary !== null && <span className="wrap-anywhere">{summary}</span>}
      {error !== null && (
        <p className="text-sm wrap-anywhere text-bad">
          {error.message} <span className="text-xs">({error.code})</span>
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="text-xs wrap-anywhere text-warn">
          {warning}
        </p>
      ))}
    </div>
  );
}
