import { useState } from 'react';
import { plainText, visibleText } from '../../requests/trace/visible-text.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { formatNumber } from '../../ui/format.ts';
import { type BrokenToken, type Failure } from './suite-result.ts';

/** Shown at first; a click shows the next as many. */
const PAGE = 10;

/** What items failed, and for routing tests the tokens that broke them where they stand in the text. */
export function FailuresCard({ failures }: { readonly failures: readonly Failure[] }) {
  const [shown, setShown] = useState(PAGE);
  const tokens = failures.reduce((sum, failure) => sum + failure.tokens.length, 0);
  return (
    <Card title="Items that failed" lead={`${failures.length} ${failures.length === 1 ? 'item' : 'items'}, the worst first${tokens === 0 ? '.' : ', with the tokens that broke them. Text is shown as it is, with signs for characters that would not be seen.'}`}>
      <ol aria-label="Items that failed" className="flex flex-col divide-y divide-line">
        {failures.slice(0, shown).map(({ task, item, detail, tokens: broken }, at) => (
          <li key={at} className="py-3 first:pt-0 last:pb-0">
            <p className="text-xs text-ink-soft">
              {task}, item {item}
            </p>
            <p className="max-w-prose text-sm wrap-anywhere">{plainText(detail)}</p>
            {broken.length > 0 && (
              <ul aria-label={`Tokens of item ${item}`} className="mt-2 flex flex-col gap-1.5">
                {broken.map((token, index) => (
                  <li key={index} className="grid gap-x-4 gap-y-0.5 rounded border border-line bg-canvas px-2.5 py-1.5 md:grid-cols-[minmax(0,1fr)_auto]">
                    <InContext token={token} />
                    <Went token={token} />
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
      {failures.length > shown && (
        <p className="mt-3 text-center">
          <Button size="small" variant="quiet" onClick={() => setShown(shown + PAGE)}>
            Show more, {failures.length - shown} left
          </Button>
        </p>
      )}
    </Card>
  );
}

function InContext({ token: { before, token, after } }: { readonly token: BrokenToken }) {
  return (
    <p className="font-mono text-xs leading-6 wrap-anywhere">
      <span className="text-ink-soft">{plainText(before)}</span>
      <mark className="rounded-sm bg-bad-soft px-0.5 font-semibold text-bad underline decoration-bad decoration-2 underline-offset-2">
        {visibleText(token).map(({ text, stands }, at) => (
          <span key={at} title={stands ?? undefined}>
            {text}
          </span>
        ))}
      </mark>
      <span className="text-ink-soft">{plainText(after)}</span>
    </p>
  );
}

function Went({ token: { row, layer, expert, gate, expected } }: { readonly token: BrokenToken }) {
  const where = [...(layer === null ? [] : [`layer ${layer}`]), ...(expert === null ? [] : [`expert ${expert}`]), ...(gate === null ? [] : [`gate ${formatNumber(gate)}`])];
  return (
    <p className="text-xs md:text-right">
      <span className="font-medium">{where.join(', ')}</span>
      {row !== null && <span className="text-ink-soft"> · token {row}</span>}
      {expected !== null && <span className="block wrap-anywhere text-ink-soft md:max-w-72">expected: {plainText(expected)}</span>}
    </p>
  );
}
