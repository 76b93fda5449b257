import { useInfiniteQuery } from '@tanstack/react-query';
import { listRolloutVerdictsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type RolloutVerdict } from '../../api/gen/types.gen.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { CsvButton } from '../../ui/csv-button.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { byCursor, itemsOf, PagedTable } from '../../ui/paged-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { guardTitle, reasonInWords } from './rollout-words.ts';

const TONES: Readonly<Record<RolloutVerdict['verdict'], Tone>> = { wait: 'neutral', continue: 'ok', complete: 'ok', fail: 'bad', pause: 'warn', end: 'neutral' };
const LIVE_MS = 4000;
const HEADER = ['at', 'step', 'verdict', 'reason', 'guard', 'candidate requests', 'stable requests', 'compared requests', 'figure of guard', 'unit', 'candidate', 'stable', 'effect', 'low', 'high', 'margin', 'e-value', 'fails at'];

/** Every verdict that said something new, with the figures of its moment. */
export function VerdictsCard({ rolloutId, isLive }: { readonly rolloutId: string; readonly isLive: boolean }) {
  const query = useInfiniteQuery({ ...listRolloutVerdictsInfiniteOptions({ path: { rolloutId } }), ...byCursor, refetchInterval: isLive ? LIVE_MS : false });
  const rows = () => itemsOf(query.data).flatMap(csvRows);
  return (
    <Card title="Verdicts" lead="Every verdict that said something new, newest first. The CSV has all figures of each." isFlush actions={<CsvButton name={`rollout-${rolloutId}`} header={HEADER} rows={rows} />}>
      <PagedTable
        query={query}
        caption="Verdicts, newest first"
        rowKey={({ id }) => id}
        empty={<Empty title="No verdict yet">The first look comes within seconds of the start.</Empty>}
        columns={[
          { id: 'at', header: 'At', isRowHeader: true, cell: ({ at }) => <Time at={at} /> },
          { id: 'step', header: 'Step', align: 'right', cell: ({ step }) => step + 1 },
          { id: 'verdict', header: 'Verdict', cell: ({ verdict }) => <Badge tone={TONES[verdict]}>{verdict}</Badge> },
          { id: 'reason', header: 'Why', cell: ({ reason, guard }) => <>{reasonInWords(reason)}{guard !== null && ` ${guardTitle(guard)}.`}</> },
          { id: 'candidate', header: 'Candidate', align: 'right', cell: ({ figures }) => formatCount(figures.candidateRequests) },
          { id: 'stable', header: 'Stable', align: 'right', cell: ({ figures }) => formatCount(figures.stableRequests) },
          { id: 'evidence', header: <span title="The guard nearest to its limit">Strongest evidence</span>, cell: ({ figures }) => strongest(figures.guards), isSecondary: true },
        ]}
      />
    </Card>
  );
}

function strongest(guards: RolloutVerdict['figures']['guards']): string {
  const [first] = guards.toSorted((one, other) => other.eValue / other.failsAt - one.eValue / one.failsAt);
  return first === undefined ? '' : `${guardTitle(first.guard)}: ${formatNumber(first.eValue)} of ${formatNumber(first.failsAt)}`;
}

function csvRows({ at, step, verdict, reason, guard, figures }: RolloutVerdict) {
  const { candidateRequests, stableRequests, comparedRequests, guards } = figures;
  return guards.map((one) => [at, step + 1, verdict, reason, guard, candidateRequests, stableRequests, comparedRequests, one.guard, one.unit, one.candidate, one.stable, one.effect, one.interval?.low ?? null, one.interval?.high ?? null, one.margin, one.eValue, one.failsAt]);
}
