import { classNames } from '../ui/class-names.ts';
import { diffLines, withContext } from './line-diff.ts';

const SIGNS = { added: '+', removed: '-', same: ' ' } as const;
const NAMES = { added: 'Added: ', removed: 'Removed: ', same: '' } as const;

/** Two texts, line by line: signs and words tell added from removed, not colour alone. */
export function TextDiff({ label, before, after }: { readonly label: string; readonly before: string; readonly after: string }) {
  const lines = withContext(diffLines(before, after), 3);
  if (lines.every((line) => line === null || line.kind === 'same')) return <p className="text-sm text-ink-soft">The texts are the same.</p>;
  return (
    <div role="region" aria-label={label} tabIndex={0} className="max-h-112 overflow-auto rounded border border-line bg-canvas font-mono text-xs">
      {lines.map((line, index) =>
        line === null ? (
          <p key={index} className="px-3 py-0.5 text-ink-soft">
            …
          </p>
        ) : (
          <p key={index} className={classNames('px-3 py-0.5 whitespace-pre-wrap wrap-anywhere', line.kind === 'added' && 'bg-ok-soft text-ok', line.kind === 'removed' && 'bg-bad-soft text-bad')}>
            <span className="sr-only">{NAMES[line.kind]}</span>
            <span aria-hidden>{SIGNS[line.kind]} </span>
            {line.text}
          </p>
        ),
      )}
    </div>
  );
}
