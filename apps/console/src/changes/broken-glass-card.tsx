import { type Change } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { Time } from '../ui/time.tsx';

/** An emergency: who broke the glass, why, and what it still owes. */
export function BrokenGlassCard({ glass }: { readonly glass: NonNullable<Change['breakGlass']> }) {
  const { byName, reason, at, until, reviewDue, review } = glass;
  return (
    <Card title="The glass was broken" className="border-bad/40">
      <p className="text-sm wrap-anywhere">
        {byName}, <Time at={at} as="full" />: {reason}
      </p>
      {review === null ? (
        <p className="mt-2 text-sm">
          <Badge tone="bad">review owed</Badge> by <Time at={reviewDue} as="full" />, by somebody who had no hand in it. It must be confirmed or reverted by <Time at={until} as="full" />.
        </p>
      ) : (
        <p className="mt-2 text-sm wrap-anywhere">
          <Badge tone={review.verdict === 'confirmed' ? 'ok' : 'bad'}>{review.verdict === 'confirmed' ? 'confirmed' : 'to revert'}</Badge> by {review.byName}, <Time at={review.at} />: {review.note}
        </p>
      )}
    </Card>
  );
}
