import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { inWords } from '../result/fields.ts';
import { inUnit } from '../run-words.ts';
import { OutcomeBadge } from '../verdict-badge.tsx';
import { type GateResult, type Metric } from './suite-result.ts';

/** More gates that are kept are shown when asked for: those that are not shall be seen at once. */
const SHOWN_KEPT = 5;
const ORDER: readonly string[] = ['fail', 'inconclusive', 'pass'];

function rankOf({ outcome }: GateResult): number {
  const at = ORDER.indexOf(outcome);
  return at < 0 ? 1 : at;
}

/** The bounds that must be kept: broken ones first, each with its reason. */
export function GatesCard({ gates, metrics }: { readonly gates: readonly GateResult[]; readonly metrics: readonly Metric[] }) {
  const unitOf = (gate: GateResult): string => metrics.find(({ task, name }) => task === gate.task && name === gate.metric)?.unit ?? '';
  const rows = gates.map((gate, at) => ({ ...gate, key: String(at) })).toSorted((a, b) => rankOf(a) - rankOf(b));
  const [isAll, setAll] = useState(false);
  const kept = rows.filter(({ outcome }) => outcome === 'pass');
  const isCut = !isAll && kept.length > SHOWN_KEPT;
  const failed = gates.filter(({ outcome }) => outcome === 'fail').length;
  const unsure = gates.filter(({ outcome }) => outcome === 'inconclusive').length;
  return (
    <Card title="Gates" lead={`${failed === 0 ? 'No gate is broken' : `${failed} of ${gates.length} gates broken`}${unsure === 0 ? '' : `, ${unsure} inconclusive`}. The end of the interval that is nearer to the bound must keep it.`} isFlush>
      <DataTable
        caption="Gates, broken ones first"
        rows={isCut ? rows.filter(({ outcome }) => outcome !== 'pass') : rows}
        rowKey={({ key }) => key}
        empty={<p className="px-4 py-2 text-sm">Every gate is kept.</p>}
        columns={[
          { id: 'outcome', header: 'Outcome', cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
          {
            id: 'gate', header: 'Gate', isRowHeader: true,
            cell: ({ task, metric, slice, bound }) => (
              <div className="min-w-40">
                <p className="font-medium wrap-anywhere">
                  {inWords(metric)} {bound}
                </p>
                <p className="text-xs wrap-anywhere text-ink-soft">
                  {task}
                  {slice !== null && ` · ${slice}`}
                </p>
              </div>
            ),
          },
          { id: 'value', header: 'Found', align: 'right', cell: (gate) => <span className="whitespace-nowrap">{inUnit(gate.value, unitOf(gate), gate.bound.includes('reference'))}</span> },
          { id: 'why', header: 'Why', cell: ({ detail }) => <span className="block min-w-44 wrap-anywhere">{detail}</span> },
        ]}
      />
      {kept.length > SHOWN_KEPT && (
        <p className="p-2 text-center">
          <Button size="small" variant="quiet" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
            {isAll ? 'Hide those that are kept' : `Show the ${kept.length} that are kept`}
          </Button>
        </p>
      )}
    </Card>
  );
}
