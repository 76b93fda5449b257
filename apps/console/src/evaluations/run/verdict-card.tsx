import { Link } from '@tanstack/react-router';
import { Ban, CircleAlert, CircleCheck, CircleHelp, Hourglass, OctagonX } from 'lucide-react';
import { type ReactNode } from 'react';
import { type Evaluation } from '../../api/gen/types.gen.ts';
import { AccountName } from '../../releases/account-name.tsx';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { useMay } from '../../session/session.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatCount, formatDuration } from '../../ui/format.ts';
import { Time, useNowMs } from '../../ui/time.tsx';
import { RunProgress } from '../run-progress.tsx';
import { hasEnded } from '../run-words.ts';
import { OutcomeBadge, RunStateBadge } from '../verdict-badge.tsx';

interface Look {
  readonly Icon: typeof Ban;
  readonly tone: string;
  readonly ground: string;
}

const QUIET: Look = { Icon: Hourglass, tone: 'text-info', ground: 'border-info/30 bg-info-soft' };
const BAD: Look = { Icon: CircleAlert, tone: 'text-bad', ground: 'border-bad/30 bg-bad-soft' };
const LOOKS: Readonly<Record<string, Look>> = {
  pass: { Icon: CircleCheck, tone: 'text-ok', ground: 'border-ok/30 bg-ok-soft' },
  fail: BAD,
  inconclusive: { Icon: CircleHelp, tone: 'text-warn', ground: 'border-warn/30 bg-warn-soft' },
  failed: { ...BAD, Icon: OctagonX },
  cancelled: { Icon: Ban, tone: 'text-ink-soft', ground: 'border-line bg-raised' },
};

/** What came out, in a sentence; before that how far it is. */
export function VerdictCard({ run }: { readonly run: Evaluation }) {
  const { state, verdict, summary, error, candidate, reference, progress, createdAt, createdBy, startedAt, endedAt } = run;
  const { Icon, tone, ground } = LOOKS[verdict?.outcome ?? state] ?? QUIET;
  // What the sentence says already is not said again.
  const reasons = (verdict?.reasons ?? []).filter(({ detail }) => !(summary ?? '').includes(detail));
  return (
    <Card>
      <div className={classNames('flex items-start gap-3 rounded-md border p-4', ground)}>
        <Icon size={24} className={classNames('mt-0.5 shrink-0', tone)} aria-hidden />
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-2">{verdict === null ? <RunStateBadge state={state} /> : <OutcomeBadge outcome={verdict.outcome} />}</p>
          <p role="status" className="mt-1 max-w-prose text-base font-medium wrap-anywhere">
            {sentenceOf(state, summary)}
          </p>
          {error !== null && <p className="mt-1 max-w-prose text-sm wrap-anywhere">{error.message}</p>}
          {reasons.length > 0 && (
            <ul aria-label="Reasons of the verdict" className="mt-2 flex max-w-prose list-disc flex-col gap-1 pl-5 text-sm">
              {reasons.map(({ reason, detail }, at) => (
                <li key={at} className="wrap-anywhere" title={reason}>
                  {detail}
                </li>
              ))}
            </ul>
          )}
          {!hasEnded(run) && (
            <div className="mt-3 max-w-xl">
              <RunProgress run={run} />
              {progress.label !== null && <p className="mt-0.5 text-xs wrap-anywhere text-ink-soft">{progress.label}</p>}
            </div>
          )}
          <WhichPart run={run} />
        </div>
      </div>
      <div className="mt-4">
        <Figures>
          <Figure label="Candidate" value={<ReleaseLink releaseId={candidate} />} />
          <Figure label="Against" value={reference === null ? <Plain>nothing</Plain> : <ReleaseLink releaseId={reference} />} />
          <Figure label="Took" value={<Plain><Took from={startedAt} to={endedAt} /></Plain>} />
          <Figure label="Cost" value={<Plain>{formatCount(progress.rows)} tokens</Plain>} definition="Tokens run through all layers. Parts that were known before cost nothing." note={progress.stepsKnown > 0 ? `${progress.stepsKnown} of ${progress.steps ?? 0} steps were known` : undefined} />
          <Figure label="Asked" value={<Plain><Time at={createdAt} /></Plain>} note={<>by <AccountName account={createdBy} /></>} />
        </Figures>
      </div>
    </Card>
  );
}

function Plain({ children }: { readonly children: ReactNode }) {
  return <span className="text-sm">{children}</span>;
}

function Took({ from, to }: { readonly from: string | null; readonly to: string | null }) {
  const nowMs = useNowMs();
  if (from === null) return to === null ? 'not begun' : 'nothing: it never began';
  return formatDuration(Math.max(0, (to === null ? nowMs : Date.parse(to)) - Date.parse(from)));
}

function sentenceOf(state: Evaluation['state'], summary: string | null): string {
  if (summary !== null && summary !== '') return summary;
  switch (state) {
    case 'queued':
      return 'It waits for its turn. Runs go one at a time.';
    case 'running':
      return 'It is being measured.';
    case 'failed':
      return 'It could not be measured.';
    case 'cancelled':
      return 'It was cancelled before it had a verdict.';
    default:
      return 'It has ended, and says nothing of what it found.';
  }
}

/** For a comparison: what the attribution of the same two releases found, or the way to one. */
function WhichPart({ run: { kind, state, verdict, candidate, reference, suite, attribution } }: { readonly run: Evaluation }) {
  const mayStart = useMay('propose');
  if (kind !== 'suite' || reference === null || state !== 'succeeded') return null;
  if (attribution !== null) {
    return (
      <p className="mt-3 max-w-prose border-t border-line-strong/40 pt-2 text-sm wrap-anywhere">
        <span className="font-medium">Which part did it: </span>
        {attribution.summary ?? `the attribution is ${attribution.state}.`}{' '}
        <Link to="/evaluations/$evaluationId" params={{ evaluationId: attribution.evaluationId }}>
          Open the attribution
        </Link>
      </p>
    );
  }
  if (verdict?.outcome === 'pass' || !mayStart) return null;
  return (
    <p className="mt-3 flex flex-wrap items-center gap-2">
      <ButtonLink size="small" to="/evaluations/new" search={{ kind: 'attribution', candidate, reference, suite }}>
        Find out which part did it…
      </ButtonLink>
    </p>
  );
}
