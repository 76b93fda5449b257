import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { getRequestFiguresOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type RequestFigures } from '../../api/gen/types.gen.ts';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { useSetSearch, useWindow } from '../../shell/scope.ts';
import { Card } from '../../ui/card.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { type RequestSearch } from '../request-search.ts';
import { Strip } from './strip.tsx';
import { binsOf, stepOf } from './strip-bins.ts';

/** How many requests there were and how long they took, over the window; a part of it can be chosen. */
export function RequestStrip({ model }: { readonly model: string }) {
  const { from, to } = useWindow();
  const { release, tenant } = useSearch({ strict: false }) as RequestSearch;
  const setSearch = useSetSearch();
  const step = stepOf(Date.parse(from), Date.parse(to));
  const figures = useQuery(getRequestFiguresOptions({ query: { model, from, to, step, ...(release !== undefined && { release }), ...(tenant !== undefined && { tenant }) } }));
  return (
    <Card title="Over time" lead={`Requests by the ${step} of their admission, and the 95th percentile of how long the answered ones took. Drag over a part, or choose one with the arrow keys and Enter, to look at it alone.`}>
      <Loaded query={figures} rows={4}>
        {(found) =>
          found.buckets.length === 0 ? (
            <Empty title="No requests in this time">Widen the time above.</Empty>
          ) : (
            <ChartFrame label={`Requests of ${model} over time, and the 95th percentile of their duration`} data={tableOf(found)}>
              <Strip bins={binsOf(found, Date.parse(from), Date.parse(to))} onChoose={(fromMs, toMs) => setSearch({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), range: undefined, at: undefined })} />
            </ChartFrame>
          )
        }
      </Loaded>
    </Card>
  );
}

function tableOf({ buckets }: RequestFigures) {
  return {
    name: 'requests-over-time',
    header: ['time', 'requests', 'answered', 'cancelled', 'failed', 'duration p50, ms', 'duration p95, ms', 'first token p95, ms'],
    rows: () => buckets.map(({ at, requests, answered, cancelled, failed, durationMs, timeToFirstTokenMs, withheld }) => [at, withheld ? 'withheld' : requests, answered, cancelled, failed, durationMs?.p50, durationMs?.p95, timeToFirstTokenMs?.p95]),
  };
}
