import { type DiffPart } from './text-diff.ts';

/** One of two texts, with what the other does not have set off by colour and a line below it. */
export function OutputDiff({ parts, side, label }: { readonly parts: readonly DiffPart[]; readonly side: 'a' | 'b'; readonly label: string }) {
  return (
    <p className="max-h-[50dvh] min-h-16 overflow-auto rounded-md bg-raised p-3 text-sm leading-relaxed whitespace-pre-wrap wrap-anywhere" tabIndex={0} role="region" aria-label={label}>
      {parts
        .filter((part) => part.side === 'both' || part.side === side)
        .map((part, at) =>
          part.side === 'both' ? (
            <span key={at}>{part.text}</span>
          ) : (
            <mark key={at} className={side === 'a' ? 'rounded-sm bg-info-soft text-info underline decoration-2 underline-offset-3' : 'rounded-sm bg-warn-soft text-warn underline decoration-dotted decoration-2 underline-offset-3'}>
              {part.text}
            </mark>
          ),
        )}
    </p>
  );
}
