import { useState } from 'react';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { classNames } from '../../ui/class-names.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { type RowDifference } from './routing-diff.ts';

/** The compared text, token by token, each with the number of layers in which it took other experts; choosing one shows them. */
export function TokenStrip({ rows, layers }: { readonly rows: readonly RowDifference[]; readonly layers: number }) {
  const [chosen, choose] = useState<number | null>(() => rows.find((row) => row.layers.length > 0)?.row ?? null);
  const row = rows.find((one) => one.row === chosen);
  const data = {
    name: 'routing-differences-by-token',
    header: ['token', 'text', 'part', 'layer', 'experts of A', 'experts of B'],
    rows: () => rows.flatMap((one) => one.layers.map(({ layer, a, b }) => [one.row, one.text, one.isPrompt ? 'prompt' : 'answer', layer, a.join(' '), b.join(' ')])),
  };
  return (
    <section>
      <h3 className="text-sm font-medium">By token</h3>
      <ChartFrame label="Tokens with the number of layers in which the two releases chose other experts" data={data}>
        <div className="flex max-h-72 flex-wrap gap-0.5 overflow-auto font-mono text-xs" role="group" aria-label="Tokens; each tells in how many layers it differs">
          {rows.map((one) => (
            <button
              key={one.row}
              type="button"
              aria-pressed={one.row === chosen}
              onClick={() => choose(one.row)}
              className={classNames('inline-flex cursor-pointer items-baseline gap-0.5 rounded border px-1 py-0.5 whitespace-pre', one.layers.length === 0 ? 'border-transparent text-ink-soft' : 'border-warn/60 bg-warn-soft text-warn', one.row === chosen && 'outline-2 outline-accent')}
            >
              {visible(one.text)}
              {one.layers.length > 0 && <sup>{one.layers.length}</sup>}
              <span className="sr-only">
                {' '}
                (token {one.row}, {one.layers.length} of {layers} layers differ)
              </span>
            </button>
          ))}
        </div>
      </ChartFrame>
      {row !== undefined && (
        <div className="mt-3 rounded-md border border-line">
          <DataTable
            caption={`Layers in which token ${row.row} took other experts`}
            rows={row.layers}
            rowKey={({ layer }) => String(layer)}
            empty={<p className="p-3 text-sm text-ink-soft">Token {row.row} took the same experts in every layer.</p>}
            columns={[
              { id: 'layer', header: `Token ${row.row}, layer`, isRowHeader: true, cell: ({ layer }) => layer },
              { id: 'a', header: 'Experts of A', cell: ({ a }) => a.join(', ') },
              { id: 'b', header: 'Experts of B', cell: ({ b }) => b.join(', ') },
            ]}
          />
        </div>
      )}
    </section>
  );
}

/** A token as it can be seen: white space by signs. */
function visible(text: string | null): string {
  if (text === null) return '·';
  return text.replaceAll('\n', '↵').replaceAll('\t', '→').replaceAll(' ', '␣') || '∅';
}
