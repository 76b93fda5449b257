import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { getChangePolicyOptions, listChangePoliciesInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type ChangePolicy } from '../api/gen/types.gen.ts';
import { useMay } from '../session/session.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { type Column } from '../ui/data-table.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Figure, Figures } from '../ui/figure.tsx';
import { byCursor, PagedTable } from '../ui/paged-table.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { ChangesFrame } from './changes-frame.tsx';
import { GovernanceCard } from './governance-card.tsx';
import { policyParts } from './policy-parts.ts';
import { TextDiff } from './text-diff.tsx';

/** What a change needs, in the words of the policy, and which models are bound by it. */
export function PolicyPage() {
  const policy = useQuery(getChangePolicyOptions());
  const versions = useInfiniteQuery({ ...listChangePoliciesInfiniteOptions({ query: { limit: 20 } }), ...byCursor });
  const [opened, setOpened] = useState<ChangePolicy | null>(null);
  const mayPropose = useMay('propose');
  const columns: readonly Column<ChangePolicy>[] = [
    { id: 'version', header: 'Version', isRowHeader: true, cell: ({ version }) => version },
    { id: 'at', header: 'In force since', cell: ({ createdAt }) => (createdAt === null ? 'it ships with the program' : <Time at={createdAt} />) },
    { id: 'sha256', header: 'SHA-256', isSecondary: true, cell: ({ sha256 }) => <ShortId id={sha256} what="digest of the policy" /> },
    {
      id: 'by', header: 'By',
      cell: ({ changeId, createdBy }) =>
        changeId === null ? (
          (createdBy ?? 'the program')
        ) : (
          <Link to="/changes/$changeId" params={{ changeId }}>
            a change request
          </Link>
        ),
    },
    {
      id: 'open', header: <span className="sr-only">Compare</span>, align: 'right',
      cell: (one) => (
        <Button size="small" variant="quiet" aria-label={`Compare version ${one.version} with the one in force`} onClick={() => setOpened(one)}>
          Compare
        </Button>
      ),
    },
  ];
  return (
    <ChangesFrame title="Policy" lead="What a change needs before it is applied, and which models change only that way.">
      <GovernanceCard />
      <Loaded query={policy} rows={8}>
        {(current) => (
          <>
            <Card
              title={`The policy in force: version ${current.version}`}
              lead={current.version === 0 ? 'The one that ships with the program.' : 'Written in Cedar and checked against the schema of changes.'}
              actions={
                mayPropose && (
                  <ButtonLink size="small" to="/changes/new" search={{ kind: 'change-policy' }}>
                    Propose another
                  </ButtonLink>
                )
              }
            >
              <div className="flex flex-col gap-4">
                <Figures>
                  <Figure label="An approval counts for" value={`${current.limits.approvalHours} h`} />
                  <Figure label="A request expires after" value={`${current.limits.changeDays} d`} />
                  <Figure label="Broken glass: review within" value={`${current.limits.reviewHours} h`} />
                  <Figure label="Broken glass: at most" value={`${current.limits.breakGlassHours} h`} definition="The longest time an emergency change may stand without being confirmed." />
                </Figures>
                <Parts policies={current.policies} />
                <details className="text-sm">
                  <summary className="cursor-pointer text-accent">All of it, in Cedar</summary>
                  <pre tabIndex={0} aria-label="Policies in Cedar" className="mt-2 max-h-128 overflow-auto rounded border border-line bg-canvas p-3 text-xs whitespace-pre-wrap wrap-anywhere">
                    {current.policies}
                  </pre>
                </details>
              </div>
            </Card>
            {opened !== null && (
              <Dialog isOpen onClose={() => setOpened(null)} width="wide" title={`Version ${opened.version}, compared with version ${current.version}`}>
                <TextDiff label={`From version ${opened.version} to version ${current.version}`} before={opened.policies} after={current.policies} />
              </Dialog>
            )}
          </>
        )}
      </Loaded>
      <Card isFlush title="Versions" lead="None is ever rewritten; each decision names the version it was made by.">
        <PagedTable query={versions} caption="Versions of the change policy" columns={columns} rowKey={({ version }) => String(version)} empty={<Empty title="Only the policy that ships">No other has been put in force.</Empty>} />
      </Card>
    </ChangesFrame>
  );
}

/** Each policy by its name and its own words. */
function Parts({ policies }: { readonly policies: string }) {
  const parts = policyParts(policies);
  return (
    <ul aria-label="Policies" className="grid gap-x-6 gap-y-2 lg:grid-cols-2">
      {parts.map(({ id, effect, message }) => (
        <li key={id} className="min-w-0 text-sm">
          <span className="font-mono text-xs font-medium">{id}</span> <span className={effect === 'permit' ? 'text-xs text-ok' : 'text-xs text-warn'}>{effect === 'permit' ? 'permits' : 'forbids otherwise'}</span>
          {message !== null && <p className="text-ink-soft wrap-anywhere">{message}</p>}
        </li>
      ))}
    </ul>
  );
}
