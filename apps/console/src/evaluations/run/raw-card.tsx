import { type Evaluation } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { CopyButton } from '../../ui/short-id.tsx';

/** Longest part that is shown; the API has all of it. */
const SHOWN = 60_000;

/** All that the result says, fields that no card of this version knows included. */
export function RawCard({ run: { result, measured } }: { readonly run: Evaluation }) {
  const text = JSON.stringify(measured === null ? result : { ...result, measured }, null, 2);
  return (
    <Card title="The whole result" actions={<CopyButton text={text} label="Copy the result" />}>
      <details>
        <summary className="cursor-pointer text-sm text-ink-soft">Show it as JSON</summary>
        <pre tabIndex={0} aria-label="The result as JSON" className="mt-2 max-h-[60dvh] overflow-auto rounded border border-line bg-canvas p-3 text-xs whitespace-pre-wrap wrap-anywhere">
          {text.length > SHOWN ? `${text.slice(0, SHOWN)}\n… the API has the rest` : text}
        </pre>
      </details>
    </Card>
  );
}
