import { type RecordedRequest } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { FLAG_WORDS } from './flags.ts';

/** What at least one decision was besides the plain top-k. */
export function FlagBadges({ flags }: Pick<RecordedRequest, 'flags'>) {
  if (flags === null) {
    return (
      <span className="text-ink-soft" title="Recorded by a version that did not keep flags.">
        not known
      </span>
    );
  }
  if (flags.length === 0) return <span className="text-ink-soft">plain top-k</span>;
  return (
    <span className="inline-flex gap-1">
      {flags.map((flag) => (
        <Badge key={flag} tone="warn" title={FLAG_WORDS[flag].meaning}>
          {flag}
        </Badge>
      ))}
    </span>
  );
}
