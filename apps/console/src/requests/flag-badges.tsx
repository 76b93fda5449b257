import { type RecordedRequest } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { FLAG_WORDS } from './flags.ts';

/** What at least one decision was besides the plain top-k, and whether the request named its release. */
export function FlagBadges({ flags, isPinned }: Pick<RecordedRequest, 'flags' | 'isPinned'>) {
  return (
    <span className="inline-flex items-center gap-1">
      {flags === null && (
        <span className="text-ink-soft" title="Recorded by a version that did not keep flags.">
          not known
        </span>
      )}
      {flags?.length === 0 && <span className="text-ink-soft">plain top-k</span>}
      {flags?.map((flag) => (
        <Badge key={flag} tone="warn" title={FLAG_WORDS[flag].meaning}>
          {flag}
        </Badge>
      ))}
      {isPinned && (
        <Badge tone="info" title="It named its release itself, so no figure of the traffic counts it.">
          pinned
        </Badge>
      )}
    </span>
  );
}
