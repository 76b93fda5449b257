import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { listEvaluationsInfiniteOptions, listSuitesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ListedEvaluation } from '../../api/gen/types.gen.ts';
import { AccountName } from '../../releases/account-name.tsx';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { useReleases } from '../../releases/serving/use-serving.ts';
import { useModel, useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { shortId } from '../../ui/format.ts';
import { byCursor, itemsOf, PagedTable } from '../../ui/paged-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { type EvaluationsSearch, KINDS } from '../evaluation-search.ts';
import { EvaluationsFrame } from '../evaluations-frame.tsx';
import { RunProgress } from '../run-progress.tsx';
import { hasEnded, kindLabel, STATE_WORDS } from '../run-words.ts';
import { OutcomeBadge, RunStateBadge } from '../verdict-badge.tsx';

const PAGE = 25;
const LIVE_MS = 2000;
const CHOICES = 200;
const CONTROL = 'h-8 max-w-60 rounded-md border border-line-strong/60 bg-surface px-2 text-sm';

const COLUMNS: readonly Column<ListedEvaluation>[] = [
  {
    id: 'run', header: 'Evaluation', isRowHeader: true,
    cell: ({ id, kind, suiteName, summary }) => (
      <div className="min-w-48">
        <Link to="/evaluations/$evaluationId" params={{ evaluationId: id }} className="font-medium wrap-anywhere">
          {kindLabel(kind)} · {suiteName}
        </Link>
        {summary !== null && <p className="line-clamp-3 text-xs wrap-anywhere text-ink-soft">{summary}</p>}
      </div>
    ),
  },
  { id: 'state', header: 'State', cell: (run) => <State run={run} /> },
  { id: 'verdict', header: 'Verdict', cell: ({ verdict }) => (verdict === null ? <span className="text-ink-soft">none yet</span> : <OutcomeBadge outcome={verdict.outcome} />) },
  {
    id: 'releases', header: 'Candidate, against',
    cell: ({ candidate, reference }) => (
      <div className="flex flex-col">
        <ReleaseLink releaseId={candidate} />
        {reference === null ? <span className="text-xs text-ink-soft">nothing</span> : <ReleaseLink releaseId={reference} />}
      </div>
    ),
  },
  { id: 'by', header: 'Asked by', isSecondary: true, cell: ({ createdBy }) => <AccountName account={createdBy} /> },
  { id: 'at', header: 'When', cell: ({ createdAt }) => <Time at={createdAt} as="relative" /> },
];

function State({ run }: { readonly run: ListedEvaluation }) {
  return (
    <div className="min-w-32">
      <RunStateBadge state={run.state} />
      {run.state === 'running' && (
        <div className="mt-1.5 max-w-52">
          <RunProgress run={run} />
        </div>
      )}
      {run.state === 'failed' && run.error !== null && <p className="mt-1 line-clamp-3 max-w-xs text-xs wrap-anywhere text-bad">{run.error.message}</p>}
    </div>
  );
}

/** Runs, newest first. */
export function EvaluationsPage() {
  const { state, kind, release, suite } = useSearch({ strict: false }) as EvaluationsSearch;
  const filters = { ...(state !== undefined && { state }), ...(kind !== undefined && { kind }), ...(release !== undefined && { release }), ...(suite !== undefined && { suite }) };
  const query = useInfiniteQuery({
    ...listEvaluationsInfiniteOptions({ query: { limit: PAGE, ...filters } }),
    ...byCursor,
    refetchInterval: ({ state: { data } }) => (itemsOf(data).some((run) => !hasEnded(run)) ? LIVE_MS : false),
  });
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <EvaluationsFrame title="Evaluations" lead="Before a release takes traffic, and when something got worse: what changed, and which part did it." start={{ ...(release !== undefined && { candidate: release }), ...(suite !== undefined && { suite }) }}>
      <Card title="Runs" lead="They run one at a time, at low priority beside serving. Equal runs have equal results and cost nothing again." isFlush>
        <Filters />
        <PagedTable
          query={query}
          caption="Evaluations, newest first"
          columns={COLUMNS}
          rowKey={({ id }) => id}
          empty={
            query.hasNextPage ? undefined : isFiltered ? (
              <Empty title="No evaluation like this">Choose other filters, or clear them.</Empty>
            ) : (
              <Empty title="No evaluation yet">
                A run asks a release the items of a suite and says what got better, what got worse, and why. Start one here, or with the command <code className="font-mono">signalbox eval</code>.
              </Empty>
            )
          }
        />
      </Card>
    </EvaluationsFrame>
  );
}

function Filters() {
  const { state, kind, release, suite } = useSearch({ strict: false }) as EvaluationsSearch;
  const setSearch = useSetSearch();
  const releases = useReleases(useModel() ?? null) ?? [];
  const suites = useQuery(listSuitesOptions({ query: { limit: CHOICES } })).data?.items ?? [];
  const choose = (name: keyof EvaluationsSearch) => (event: { readonly target: { readonly value: string } }) => setSearch({ [name]: event.target.value === '' ? undefined : event.target.value });
  const withChosen = (known: readonly string[], chosen: string | undefined): readonly string[] => [...new Set([...known, ...(chosen === undefined ? [] : [chosen])])];
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap items-center gap-2 px-4 pb-3">
      <select aria-label="State" className={CONTROL} value={state ?? ''} onChange={choose('state')}>
        <option value="">All states</option>
        {Object.keys(STATE_WORDS).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <select aria-label="Kind" className={CONTROL} value={kind ?? ''} onChange={choose('kind')}>
        <option value="">All kinds</option>
        {KINDS.map((name) => (
          <option key={name} value={name}>
            {kindLabel(name)}
          </option>
        ))}
      </select>
      <select aria-label="Release" className={CONTROL} value={release ?? ''} onChange={choose('release')}>
        <option value="">All releases</option>
        {withChosen(releases.map(({ releaseId }) => releaseId), release).map((id) => (
          <option key={id} value={id}>
            {shortId(id)}
          </option>
        ))}
      </select>
      <select aria-label="Suite" className={CONTROL} value={suite ?? ''} onChange={choose('suite')}>
        <option value="">All suites</option>
        {withChosen(suites.map(({ digest }) => digest), suite).map((digest) => (
          <option key={digest} value={digest}>
            {suites.find((one) => one.digest === digest)?.name ?? 'Suite'} · {shortId(digest)}
          </option>
        ))}
      </select>
      {[state, kind, release, suite].some((one) => one !== undefined) && (
        <Button size="small" variant="quiet" icon={<X size={14} aria-hidden />} onClick={() => setSearch({ state: undefined, kind: undefined, release: undefined, suite: undefined })}>
          Clear filters
        </Button>
      )}
    </div>
  );
}
