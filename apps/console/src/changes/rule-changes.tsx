import { type DataRule } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { diffRules, ruleText } from './rule-diff.ts';

const TONES = { added: 'ok', removed: 'bad', changed: 'warn' } as const;

/** Rules that were added, removed or changed, in words. */
export function RuleChanges({ before, after }: { readonly before: readonly DataRule[]; readonly after: readonly DataRule[] }) {
  const changes = diffRules(before, after);
  if (changes.length === 0) return <p className="text-sm text-ink-soft">The rules are the same.</p>;
  return (
    <ul aria-label="Changed rules" className="flex flex-col gap-2">
      {changes.map(({ id, kind, before: old, after: fresh }) => (
        <li key={id} className="flex flex-wrap items-start gap-2 text-sm">
          <Badge tone={TONES[kind]}>{kind}</Badge>
          <div className="min-w-0 flex-1 wrap-anywhere">
            <p className="font-medium">{id}</p>
            {old !== null && <p className={kind === 'removed' ? '' : 'text-ink-soft'}>{kind === 'changed' ? 'was: ' : ''}{ruleText(old)}</p>}
            {fresh !== null && <p>{kind === 'changed' ? 'becomes: ' : ''}{ruleText(fresh)}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}
