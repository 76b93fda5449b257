import { type Change } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { Time } from '../ui/time.tsx';
import { standingWords } from './change-words.ts';

/** Who decided, when, and on which digest; what does not count any more says why. */
export function ApprovalsCard({ change }: { readonly change: Change }) {
  const { votes, digest, decision } = change;
  return (
    <Card
      title="Approvals"
      lead={
        <>
          The request and its evidence have the digest <ShortId id={digest} what="digest" />
        </>
      }
    >
      {votes.length === 0 ? (
        <p className="text-sm text-ink-soft">{decision === null ? 'Nobody has decided yet.' : 'Nobody approved it.'}</p>
      ) : (
        <ul aria-label="Approvals" className="flex flex-col gap-3">
          {votes.map(({ id, verdict, accountName, roles, at, expiresAt, standing, digest: seen, comment }) => (
            <li key={id} className="text-sm">
              <p className="flex flex-wrap items-center gap-2">
                <span className="font-medium wrap-anywhere">{accountName}</span>
                <span className="text-xs text-ink-soft">{roles.join(', ')}</span>
                <Badge tone={verdict === 'reject' ? 'bad' : standing === 'in-force' || standing === 'counted' ? 'ok' : 'warn'}>{verdict === 'reject' ? 'rejected' : standingWords(standing)}</Badge>
              </p>
              <p className="mt-0.5 flex flex-wrap items-center gap-x-2 text-xs text-ink-soft">
                <Time at={at} />
                <span className="inline-flex items-center gap-1">
                  on digest <ShortId id={seen} what="digest that was approved" />
                  {seen !== digest && '(not the present one)'}
                </span>
                {standing === 'in-force' && (
                  <span>
                    expires <Time at={expiresAt} />
                  </span>
                )}
              </p>
              {comment !== '' && <p className="mt-1 whitespace-pre-wrap wrap-anywhere">{comment}</p>}
            </li>
          ))}
        </ul>
      )}
      {decision !== null && (
        <p className="mt-3 border-t border-line pt-2 text-xs text-ink-soft wrap-anywhere">
          Let through <Time at={decision.at} /> by version {decision.policyVersion} of the policy ({decision.policies.join(', ')}) on {decision.approvals.length} approvals.
        </p>
      )}
    </Card>
  );
}
