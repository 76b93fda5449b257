import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ShieldAlert } from 'lucide-react';
import { getEvaluationOptions, getEvidenceOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Change, type Evaluation, type Evidence } from '../api/gen/types.gen.ts';
import { Problem } from '../api/problem.ts';
import { kindLabel } from '../evaluations/run-words.ts';
import { OutcomeBadge } from '../evaluations/verdict-badge.tsx';
import { ReleaseLink } from '../releases/release-link.tsx';
import { shortId } from '../ui/format.ts';
import { type AttachedEvaluation, attachedEvaluation, type Standing, standingOf } from './evaluation-evidence.ts';

/** What evidence says if it is the result of an evaluation; nothing for other evidence. */
export function EvaluationSummary({ change, item }: { readonly change: Change; readonly item: Evidence }) {
  const mayBeOne = item.url === null && item.removedAt === null && (item.mediaType ?? '').includes('json');
  const evidence = useQuery({ ...getEvidenceOptions({ path: { changeId: change.id, evidenceId: item.id } }), enabled: mayBeOne, staleTime: Infinity });
  const attached = evidence.data === undefined ? null : attachedEvaluation(evidence.data.content, evidence.data.mediaType);
  return attached === null ? null : <Attached attached={attached} />;
}

/** Its verdict, its sentence and its attribution, as the server knows them; what it does not know is said to be unconfirmed. */
export function Attached({ attached }: { readonly attached: AttachedEvaluation }) {
  const query = useQuery(getEvaluationOptions({ path: { evaluationId: attached.evaluationId } }));
  const isGone = query.error instanceof Problem && query.error.status === 404;
  if (query.data === undefined && !isGone) return query.error === null ? null : <Told attached={attached} standing="unknown" />;
  const run = query.data ?? null;
  const standing = standingOf(attached, run);
  return standing === 'confirmed' && run !== null ? <Confirmed attached={attached} run={run} /> : <Told attached={attached} standing={standing} />;
}

function Confirmed({ attached, run }: { readonly attached: AttachedEvaluation; readonly run: Evaluation }) {
  const { id, kind, suiteName, candidate, reference, verdict, summary, attribution } = run;
  const hasFailed = verdict?.outcome === 'fail';
  return (
    <div className="mt-2 rounded-md border border-line bg-canvas p-3 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        {verdict !== null && <OutcomeBadge outcome={verdict.outcome} />}
        <Link to="/evaluations/$evaluationId" params={{ evaluationId: id }} className="font-medium wrap-anywhere">
          {kindLabel(kind)} · {suiteName}
        </Link>
      </p>
      <p className="mt-1 max-w-prose wrap-anywhere">{summary}</p>
      {hasFailed && verdict.reasons.length > 0 && (
        <ul aria-label="Why it failed" className="mt-1 flex max-w-prose list-disc flex-col gap-0.5 pl-5 text-xs">
          {verdict.reasons.map(({ detail }, at) => (
            <li key={at} className="wrap-anywhere">
              {detail}
            </li>
          ))}
        </ul>
      )}
      {(attribution !== null || (hasFailed && kind === 'suite' && reference !== null)) && (
        <p className="mt-2 max-w-prose wrap-anywhere">
          <span className="font-medium">Which part did it: </span>
          {attribution === null ? (
            <Link to="/evaluations/new" search={{ kind: 'attribution', candidate, suite: run.suite, ...(reference !== null && { reference }) }}>
              nobody has looked yet
            </Link>
          ) : (
            <>
              {attribution.summary ?? `the attribution is ${attribution.state}.`}{' '}
              <Link to="/evaluations/$evaluationId" params={{ evaluationId: attribution.evaluationId }}>
                Open it
              </Link>
              {attached.attribution?.evaluationId !== attribution.evaluationId && <span className="text-xs text-ink-soft"> (found after this was attached)</span>}
            </>
          )}
        </p>
      )}
      <p className="mt-2 flex flex-wrap items-center gap-x-2 text-xs text-ink-soft">
        <ReleaseLink releaseId={candidate} />
        {reference !== null && (
          <>
            against <ReleaseLink releaseId={reference} />
          </>
        )}
        · result {shortId(attached.resultSha256 ?? '')}, as this server measured it
      </p>
    </div>
  );
}

const WARNINGS: Readonly<Record<Exclude<Standing, 'confirmed'>, string>> = {
  unknown: 'Not confirmed: this server has no such run, or keeps it no longer. Somebody attached the text below.',
  differs: 'Not confirmed: the run of this server that it names says something else. Open the run and compare.',
};

function Told({ attached: { evaluationId, kind, outcome, summary }, standing }: { readonly attached: AttachedEvaluation; readonly standing: Standing }) {
  return (
    <div className="mt-2 rounded-md border border-warn/40 bg-warn-soft p-3 text-sm">
      <p className="flex items-start gap-2">
        <ShieldAlert size={16} className="mt-0.5 shrink-0 text-warn" aria-hidden />
        <span>{standing === 'confirmed' ? '' : WARNINGS[standing]}</span>
      </p>
      <p className="mt-1 max-w-prose wrap-anywhere">
        It claims: {kindLabel(kind)}, {outcome}. {summary}{' '}
        {standing === 'differs' && (
          <Link to="/evaluations/$evaluationId" params={{ evaluationId }}>
            Open the run
          </Link>
        )}
      </p>
    </div>
  );
}
