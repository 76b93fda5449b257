import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { formatNumber, formatPercent } from '../../ui/format.ts';
import { Empty } from '../../ui/states.tsx';
import { Badge } from '../../ui/badge.tsx';
import { type Estimate, estimateOf, fieldsOf, listOf, numberOf } from '../result/fields.ts';

interface Strength {
  readonly strength: number;
  readonly bitsPerByte: number | null;
  readonly difference: Estimate | null;
  readonly maxViolation: number | null;
  readonly changedShare: number | null;
}

/** What each part of a bias on the selection would do to balance and to quality. */
export function RecalibrationView({ result }: { readonly result: unknown }) {
  const { strengths, proposal } = fieldsOf(result);
  const rows = listOf(strengths).flatMap((one): Strength[] => {
    const { strength, bitsPerByte, difference, maxViolation, changedShare } = fieldsOf(one);
    const at = numberOf(strength);
    return at === null ? [] : [{ strength: at, bitsPerByte: numberOf(bitsPerByte), difference: estimateOf(difference), maxViolation: numberOf(maxViolation), changedShare: numberOf(changedShare) }];
  });
  const proposed = numberOf(fieldsOf(proposal)['strength']);
  return (
    <Card title="Balance against quality" lead="Each strength of the bias, on texts that it was not fitted to. Strength 0 is the release as it is; imbalance is the busiest expert's load over the mean, less 1." isFlush>
      <DataTable
        caption="Strengths of the bias, with what they do to balance and quality"
        rows={rows}
        rowKey={({ strength }) => String(strength)}
        empty={<Empty title="The result judges no strengths">What it says stands below as JSON.</Empty>}
        columns={[
          { id: 'strength', header: 'Strength', isRowHeader: true, cell: ({ strength }) => <>{formatNumber(strength)} {strength === proposed && <Badge tone="ok">proposed</Badge>}</> },
          { id: 'imbalance', header: 'Imbalance', align: 'right', cell: ({ maxViolation }) => formatNumber(maxViolation) },
          { id: 'bits', header: 'Bits per byte', align: 'right', cell: ({ bitsPerByte }) => formatNumber(bitsPerByte, 4) },
          { id: 'difference', header: 'Than as it is', align: 'right', cell: ({ difference }) => (difference === null ? '' : <>{signed(difference.value)}{difference.low !== null && difference.high !== null && <span className="block text-xs whitespace-nowrap text-ink-soft">{signed(difference.low)} to {signed(difference.high)}</span>}</>) },
          { id: 'changed', header: 'Decisions changed', align: 'right', cell: ({ changedShare }) => formatPercent(changedShare) },
        ]}
      />
    </Card>
  );
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${formatNumber(value)}`;
}
