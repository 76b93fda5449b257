import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { listProtectionOverridesInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type ProtectionOverrideRecord } from '../api/gen/types.gen.ts';
import { useMay, useMe } from '../session/session.ts';
import { useModel, useSetSearch } from '../shell/scope.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { byCursor, itemsOf, PagedTable } from '../ui/paged-table.tsx';
import { Empty, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { OverrideReviewDialog } from './override-review-dialog.tsx';
import { actText, standingOf } from './override-words.ts';
import { type ReviewsSearch } from './reviews-search.ts';

/** Times that protected experts were taken away all the same: those that owe a review, or all of them. */
export function OverridesCard() {
  const model = useModel();
  if (model === null) return null;
  return model === undefined ? <Loading /> : <OfModel key={model} model={model} />;
}

function OfModel({ model }: { readonly model: string }) {
  const { overrides, review } = useSearch({ strict: false }) as ReviewsSearch;
  const setSearch = useSetSearch();
  const isAll = overrides === 'all';
  const query = useInfiniteQuery({ ...listProtectionOverridesInfiniteOptions({ path: { model }, query: { owed: isAll ? 'false' : 'true', limit: 50 } }), ...byCursor });
  const asked = itemsOf(query.data).find(({ id }) => id === review);
  return (
    <Card
      isFlush
      title={`Protected experts of ${model} taken away`}
      lead={isAll ? 'By quarantine, recall, rules or a change, on evidence or in an emergency; newest first.' : 'In an emergency, without evidence. Each owes a review within 48 hours, by somebody who had no hand in it. Nothing is reverted by itself.'}
      actions={
        <Button size="small" variant="quiet" aria-pressed={isAll} onClick={() => setSearch({ overrides: isAll ? undefined : 'all' })}>
          {isAll ? 'Only what owes a review' : 'All overrides'}
        </Button>
      }
    >
      <PagedTable
        query={query}
        caption={isAll ? 'Overrides of protected experts' : 'Overrides that owe a review'}
        rowKey={({ id }) => id}
        empty={isAll ? <Empty title="No protected expert was taken away">An override is kept here when a quarantine, a recall, rules or a change takes one away all the same.</Empty> : <Empty title="No override owes a review">What was overridden on evidence, or is confirmed, stands under All overrides.</Empty>}
        columns={[
          { id: 'what', header: 'What', isRowHeader: true, cell: (one) => <What one={one} /> },
          { id: 'why', header: 'Why', cell: ({ reason, byName, at, evidence }) => <Why reason={reason} byName={byName} at={at} evaluationId={evidence?.evaluationId ?? null} /> },
          { id: 'due', header: 'Review', cell: (one) => <Standing one={one} /> },
          { id: 'act', header: <span className="sr-only">Review it</span>, cell: (one) => <ReviewAct one={one} onReview={() => setSearch({ review: one.id })} /> },
        ]}
      />
      {asked !== undefined && <OverrideReviewDialog override={asked} onClose={() => setSearch({ review: undefined })} />}
    </Card>
  );
}

function What({ one: { act, takings } }: { readonly one: ProtectionOverrideRecord }) {
  return (
    <div className="min-w-44">
      <p className="font-medium">{actText(act)}</p>
      <ul className="text-xs text-ink-soft">
        {takings.map(({ layer, expert, by, reason }) => (
          <li key={`${layer}/${expert}`} className="wrap-anywhere">
            <Link to="/experts/$layer/$expert" params={{ layer: String(layer), expert: String(expert) }} className="underline">
              expert {expert} of layer {layer}
            </Link>
            , by {by}. Protected: {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Why({ reason, byName, at, evaluationId }: { readonly reason: string; readonly byName: string; readonly at: string; readonly evaluationId: string | null }) {
  return (
    <div className="min-w-40">
      <p className="wrap-anywhere">{reason}</p>
      <p className="text-xs text-ink-soft">
        {byName}, <Time at={at} />
        {evaluationId !== null && (
          <>
            {' · '}
            <Link to="/evaluations/$evaluationId" params={{ evaluationId }} className="underline">
              its evidence
            </Link>
          </>
        )}
      </p>
    </div>
  );
}

function Standing({ one }: { readonly one: ProtectionOverrideRecord }) {
  const { reviewDueAt: due, review, changeId } = one;
  const standing = standingOf(one);
  if (standing === 'at-change') {
    return changeId === null ? null : (
      <Link to="/changes/$changeId" params={{ changeId }}>
        at the change request
      </Link>
    );
  }
  if (standing === 'none' || due === null) return <Badge>none: there was evidence</Badge>;
  if (review !== null) {
    return (
      <div className="min-w-40">
        <Badge tone={standing === 'confirmed' ? 'ok' : 'bad'}>{standing === 'confirmed' ? 'confirmed' : 'to be reverted, then confirmed'}</Badge>
        <p className="mt-1 text-xs wrap-anywhere text-ink-soft">
          {review.byName}, <Time at={review.at} />: {review.note}
        </p>
      </div>
    );
  }
  return (
    <div className="min-w-32">
      <Badge tone={standing === 'overdue' ? 'bad' : 'warn'}>{standing === 'overdue' ? <>overdue, <Time at={due} as="relative" /></> : <>due <Time at={due} as="relative" /></>}</Badge>
      <p className="mt-1 text-xs text-ink-soft">
        <Time at={due} />
      </p>
    </div>
  );
}

function ReviewAct({ one, onReview }: { readonly one: ProtectionOverrideRecord; readonly onReview: () => void }) {
  const me = useMe();
  const mayReview = useMay('approve');
  const standing = standingOf(one);
  if (standing !== 'owed' && standing !== 'overdue' && standing !== 'to-revert') return null;
  if (one.by === me?.account) return <span className="text-xs text-ink-soft">You did it: somebody else reviews it.</span>;
  if (!mayReview) return <span className="text-xs text-ink-soft">It takes the permission approve.</span>;
  return (
    <Button size="small" onClick={onReview}>
      Review…
    </Button>
  );
}
