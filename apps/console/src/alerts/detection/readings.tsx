import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { listReadingsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Readings as ReadingPage } from '../../api/gen/types.gen.ts';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { useWindow } from '../../shell/scope.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { type Filters } from '../parts/filters.ts';
import { placeText, textLabels } from '../parts/labels.ts';
import { ReadingChart } from '../parts/reading-chart.tsx';
import { type SignalFacts, useSignals, valueText } from '../parts/signals.ts';

type Reading = ReadingPage['items'][number];
const POLL_MS = 10_000;
const LAYERS = Array.from({ length: 64 }, (_, layer) => ({ value: String(layer), label: `layer ${layer}` }));
const NONE = [] as const;

/** What the detectors say now; one signal also over time. */
export function Readings() {
  const { signal, layer, model } = useSearch({ strict: false }) as Filters & { readonly model?: string };
  const signals = useSignals() ?? [];
  const chosen = signals.find((one) => one.signal === signal);
  const window = useWindow();
  const layerNumber = layer === undefined || !/^\d+$/.test(layer) ? undefined : Number(layer);
  const readings = useInfiniteQuery({ ...listReadingsInfiniteOptions({ query: { signal: chosen?.signal, layer: layerNumber, model } }), ...byCursor, refetchInterval: POLL_MS });
  return (
    <Card isFlush title="Readings" lead="The newest of each signal and place.">
      <div className="px-4 pb-3">
        <FilterBar filters={[{ name: 'signal', label: 'Signal', all: 'Any', choices: signals.map((one) => ({ value: one.signal, label: one.signal })) }, { name: 'layer', label: 'Layer', all: 'Any', choices: LAYERS }]} />
        {chosen !== undefined && (
          <div className="mt-4">
            <p className="mb-2 text-sm">{chosen.definition}</p>
            <ReadingChart signal={chosen.signal} labels={{ ...(model !== undefined && { model }), ...(layerNumber !== undefined && { layer: String(layerNumber) }) }} isExact={false} from={window.from} to={window.to} limits={NONE} spans={NONE} />
          </div>
        )}
      </div>
      <PagedTable caption="Newest readings" query={readings} columns={columnsOf(signals)} rowKey={({ signal: name, labels }) => `${name} ${JSON.stringify(labels)}`} empty={<Empty title="No readings">Detectors write readings once a model answers requests; those that compare need a baseline too.</Empty>} />
    </Card>
  );
}

function columnsOf(signals: readonly SignalFacts[]): readonly Column<Reading>[] {
  const factsOf = (name: string): SignalFacts | undefined => signals.find(({ signal }) => signal === name);
  return [
    { id: 'signal', header: 'Signal', isRowHeader: true, cell: ({ signal }) => <span title={factsOf(signal)?.definition}>{signal}</span> },
    { id: 'where', header: 'Where', cell: ({ labels }) => placeText(textLabels(labels)) },
    { id: 'release', header: 'Release', isSecondary: true, cell: ({ labels }) => (textLabels(labels)['release'] === undefined ? '' : <ReleaseLink releaseId={textLabels(labels)['release']!} />) },
    {
      id: 'value', header: 'Value', align: 'right',
      cell: ({ signal, value, interval, note }) => (
        <span title={note ?? undefined}>
          {valueText(value, factsOf(signal)?.unit)}
          {interval !== null && <span className="block text-xs text-ink-soft">{formatNumber(interval.low)} to {formatNumber(interval.high)}</span>}
        </span>
      ),
    },
    { id: 'alarm', header: 'Test', cell: ({ alarm }) => (alarm === null ? <span className="text-ink-soft">by limit</span> : alarm ? <Badge tone="bad">alarm</Badge> : 'quiet') },
    { id: 'requests', header: 'Requests', align: 'right', isSecondary: true, cell: ({ requests }) => (requests === null ? '' : formatCount(requests)) },
    { id: 'at', header: 'Read', cell: ({ at }) => <Time at={at} as="relative" /> },
  ];
}
