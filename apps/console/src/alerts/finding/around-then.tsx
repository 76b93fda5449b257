import { Link } from '@tanstack/react-router';
import { type AlertFinding } from '../../api/gen/types.gen.ts';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Time } from '../../ui/time.tsx';

/** What was changed before, and requests that show it: where to look first. */
export function AroundThen({ finding: { changes, exampleRequestIds, layer, release, wayBack } }: { readonly finding: AlertFinding }) {
  return (
    <Card title="What happened around then" lead="Within the hour before it began. It is no proof of a cause, but where to look first.">
      {changes.length === 0 ? (
        <p className="text-sm text-ink-soft">No release was activated, and no data rule was changed.</p>
      ) : (
        <ul className="flex flex-col gap-2 text-sm">
          {changes.map((change, index) => (
            <li key={index} className="flex flex-wrap items-baseline gap-x-2">
              <Time at={change.at} />
              <span className="font-medium wrap-anywhere">{change.what}</span>
              <span className="text-ink-soft">by {change.by}</span>
              {change.release !== null && <ReleaseLink releaseId={change.release} />}
              {change.kind === 'data-rules' && (
                <Link to="/changes/data-rules" className="text-xs">
                  data rules
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {exampleRequestIds.length > 0 && (
        <>
          <h3 className="mt-4 mb-1 text-xs font-medium text-ink-soft">Requests that show it most</h3>
          <ul className="flex flex-wrap gap-x-3 gap-y-1">
            {exampleRequestIds.map((requestId) => (
              <li key={requestId}>
                <Link to="/requests/$requestId" params={{ requestId }} className="font-mono text-xs">
                  {requestId.slice(0, 13)}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        {layer !== null && (
          <ButtonLink size="small" to="/routing" search={{ layer, ...(release !== null && { release }), ...(wayBack !== null && { compare: wayBack.to }) }}>
            Routing of layer {layer}
          </ButtonLink>
        )}
        {release !== null && wayBack !== null && (
          <ButtonLink size="small" to="/releases/compare" search={{ a: wayBack.to, b: release }}>
            Compare the releases
          </ButtonLink>
        )}
      </div>
    </Card>
  );
}
