import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { previewAlertRule } from '../../api/gen/sdk.gen.ts';
import { type AlertRuleEdit, type AlertRulePreview } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { formatCount, formatDuration } from '../../ui/format.ts';
import { Severity } from '../../ui/severity.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { Time, useMinuteEndMs } from '../../ui/time.tsx';
import { placeText, readingLabels, textLabels } from '../parts/labels.ts';
import { type MatcherDraft } from '../parts/matcher-draft.ts';
import { ReadingChart } from '../parts/reading-chart.tsx';
import { useSignal, valueText } from '../parts/signals.ts';
import { useDebounced } from '../parts/use-debounced.ts';
import { countText } from './count-text.ts';
import { fixedLabels } from './rule-draft.ts';

const DAY_MS = 86_400_000;
const SPANS = [
  { value: DAY_MS, label: 'last day' },
  { value: 7 * DAY_MS, label: 'last week' },
  { value: 30 * DAY_MS, label: 'last 30 days' },
] as const;
const SHOWN = 50;
const TYPING_MS = 300;

/** What the rule, as it stands in the form, would have done with the readings that were recorded. */
export function RulePreview({ rule, matchers }: { readonly rule: AlertRuleEdit | null; readonly matchers: readonly MatcherDraft[] }) {
  const [spanMs, setSpan] = useState<number>(7 * DAY_MS);
  const nowMs = useMinuteEndMs();
  const name = SPANS.find(({ value }) => value === spanMs)!.label;
  const wanted = useMemo(() => (rule === null ? null : { ...rule, name: 'preview' }), [rule]);
  const previewed = useDebounced(wanted, TYPING_MS);
  const to = new Date(nowMs).toISOString();
  const from = new Date(nowMs - spanMs).toISOString();
  const preview = useQuery({
    queryKey: [{ _id: 'previewAlertRule', tags: ['alerts'], previewed, from, to }],
    queryFn: async ({ signal }) => (await previewAlertRule({ body: { rule: previewed!, from, to }, signal })).data,
    enabled: previewed !== null, placeholderData: (before) => before, retry: false,
  });
  return (
    <Card
      title="What it would have done"
      lead="The rule as it stands here, over the readings that were recorded: one a minute. Nothing is saved by this."
      actions={
        <select aria-label="Time to replay" className="h-8 rounded-md border border-line-strong/60 bg-surface px-2 text-sm" value={spanMs} onChange={(event) => setSpan(Number(event.target.value))}>
          {SPANS.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      }
    >
      {previewed === null && <Empty title="Nothing to replay yet">Give each limit a number, and durations such as 5 min.</Empty>}
      {previewed !== null && preview.error !== null && <Failed error={preview.error} onRetry={() => void preview.refetch()} />}
      {previewed !== null && preview.isPending && <Loading rows={5} />}
      {previewed !== null && preview.data !== undefined && preview.error === null && <Replayed preview={preview.data} rule={previewed} matchers={matchers} name={name} from={from} to={to} nowMs={nowMs} />}
    </Card>
  );
}

interface ReplayedProps {
  readonly preview: AlertRulePreview;
  readonly rule: AlertRuleEdit;
  readonly matchers: readonly MatcherDraft[];
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly nowMs: number;
}

function Replayed({ preview: { episodes, readings, truncated }, rule, matchers, name, from, to, nowMs }: ReplayedProps) {
  const facts = useSignal(rule.signal);
  const spans = useMemo(() => episodes.map(({ startedAt, endedAt }) => ({ fromMs: Date.parse(startedAt), toMs: endedAt === null ? nowMs : Date.parse(endedAt) })), [episodes, nowMs]);
  const newest = episodes.toReversed().slice(0, SHOWN);
  return (
    <div className="flex flex-col gap-3">
      <p className="text-base font-semibold" aria-live="polite">
        {countText(episodes.length, name)}
      </p>
      <p className="text-xs text-ink-soft">
        {formatCount(readings)} readings were replayed.{truncated && ' Not all: only the newest part of the time, or of the episodes, is shown. Narrow the time or the rule.'}
      </p>
      <ReadingChart signal={rule.signal} labels={readingLabels(fixedLabels(matchers))} isExact={false} from={from} to={to} limits={rule.limits} spans={spans} />
      {episodes.length > 0 && (
        <DataTable
          caption="Episodes that the rule would have had"
          columns={columnsOf(facts?.unit)}
          rows={newest}
          rowKey={({ labels, startedAt }) => `${startedAt} ${JSON.stringify(labels)}`}
          footer={episodes.length > SHOWN ? <p className="p-2 text-xs text-ink-soft">The newest {SHOWN} of {episodes.length}.</p> : undefined}
        />
      )}
    </div>
  );
}

function columnsOf(unit: string | undefined): readonly Column<AlertRulePreview['episodes'][number]>[] {
  return [
    { id: 'began', header: 'Would have begun', isRowHeader: true, cell: ({ startedAt }) => <Time at={startedAt} /> },
    { id: 'where', header: 'Where', cell: ({ labels }) => placeText(textLabels(labels)) },
    { id: 'severity', header: 'As', cell: ({ severity, beganAs }) => (severity === null ? beganAs.replace('-', ' ') : <Severity value={severity} />) },
    { id: 'lasted', header: 'Lasted', align: 'right', cell: ({ startedAt, endedAt }) => (endedAt === null ? 'goes on' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt))) },
    { id: 'peak', header: 'Furthest', align: 'right', cell: ({ peakValue }) => (peakValue === null ? '' : valueText(peakValue, unit)) },
  ];
}
