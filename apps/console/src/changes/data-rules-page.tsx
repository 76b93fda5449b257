import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { getDataRulesOptions, getGovernanceOptions, listDataRulesHistoryInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type DataRule, type DataRules } from '../api/gen/types.gen.ts';
import { useMay, useMe } from '../session/session.ts';
import { useModel } from '../shell/scope.ts';
import { Badge } from '../ui/badge.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { shortId } from '../ui/format.ts';
import { byCursor, itemsOf } from '../ui/paged-table.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { Empty, Failed, Loaded, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { ChangesFrame } from './changes-frame.tsx';
import { CheckRulesCard } from './check-rules-card.tsx';
import { EditRulesDialog } from './edit-rules-dialog.tsx';
import { RuleChanges } from './rule-changes.tsx';
import { ruleScope } from './rule-diff.ts';

const COLUMNS: readonly Column<DataRule>[] = [
  { id: 'id', header: 'Rule', isRowHeader: true, cell: ({ id }) => <span className="font-medium wrap-anywhere">{id}</span> },
  { id: 'expert', header: 'Expert', cell: ({ expert }) => <Expert name={expert} /> },
  { id: 'effect', header: 'What it says', cell: (rule) => <Effect rule={rule} /> },
  { id: 'note', header: 'Why', isSecondary: true, cell: ({ note }) => <span className="wrap-anywhere">{note ?? ''}</span> },
];

function Effect({ rule }: { readonly rule: DataRule }) {
  const isOnly = rule.effect === 'allow-only';
  return (
    <span className="wrap-anywhere">
      <Badge tone={isOnly ? 'info' : 'warn'}>{isOnly ? 'serves only' : 'never serves'}</Badge> {ruleScope(rule)}
    </span>
  );
}

/** A place of the model leads to its page; a version to its own. */
function Expert({ name }: { readonly name: string }) {
  const place = /^expert\/(\d+)\/(\d+)$/.exec(name);
  if (place !== null) {
    return (
      <Link to="/experts/$layer/$expert" params={{ layer: place[1]!, expert: place[2]! }} className="font-mono text-xs">
        {name}
      </Link>
    );
  }
  const sha256 = name.replace('sha256:', '');
  return (
    <Link to="/releases/components/$sha256" params={{ sha256 }} className="font-mono text-xs" title={name}>
      version {shortId(sha256)}
    </Link>
  );
}

function Writer({ account }: { readonly account: string | null }) {
  const me = useMe();
  const mayAdminister = useMay('administer');
  if (account === null) return 'the program';
  if (account === me?.account) return 'you';
  if (!mayAdminister) return <span title={account}>an account ({account.slice(0, 13)}…)</span>;
  return (
    <Link to="/settings/accounts/$accountId" params={{ accountId: account }}>
      {account}
    </Link>
  );
}

/** Which requests may use which experts of a model. */
export function DataRulesPage() {
  const model = useModel();
  return (
    <ChangesFrame title="Data rules" lead="Which requests an expert may serve, by tenant, region, data class and licence. The router enforces it for each request; traces name the rules that held.">
      {model === undefined ? <Loading /> : model === null ? <Empty title="No model is served yet">Activate a release; then rules can be written for its model.</Empty> : <OfModel key={model} model={model} />}
    </ChangesFrame>
  );
}

function OfModel({ model }: { readonly model: string }) {
  const rules = useQuery(getDataRulesOptions({ path: { model } }));
  const governance = useQuery(getGovernanceOptions({ path: { model } }));
  const [edited, setEdited] = useState<DataRules | null>(null);
  const mayOperate = useMay('operate');
  const mayPropose = useMay('propose');
  const isBound = governance.data?.mode === 'required';
  return (
    <>
      <Loaded query={rules}>
        {(set) => (
          <Card
            isFlush
            title={`Rules of ${model}`}
            lead={set.generation === 0 ? 'No rules have been written: every expert serves every request.' : <>Generation {set.generation}, written {set.writtenAt !== null && <Time at={set.writtenAt} />} by <Writer account={set.writtenBy} />{set.digest !== null && <> · <ShortId id={set.digest} what="digest of the rules" /></>}</>}
            actions={
              isBound ? (
                mayPropose && (
                  <ButtonLink size="small" to="/changes/new" search={{ kind: 'change-data-rules', model }} icon={<Pencil size={14} aria-hidden />}>
                    Propose other rules
                  </ButtonLink>
                )
              ) : (
                mayOperate && governance.data !== undefined && (
                  <Button size="small" icon={<Pencil size={14} aria-hidden />} onClick={() => setEdited(set)}>
                    Edit the rules
                  </Button>
                )
              )
            }
          >
            {isBound && <p className="px-4 pb-2 text-xs text-ink-soft">{model} changes only by approved requests, and so do its rules.</p>}
            {set.warnings.map(({ message }) => (
              <p key={message} className="mx-4 mb-2 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn wrap-anywhere">
                {message}
              </p>
            ))}
            <DataTable caption="Rules in force" columns={COLUMNS} rows={set.rules} rowKey={({ id }) => id} empty={<Empty title="No rules in force">Every expert may serve every request.</Empty>} />
          </Card>
        )}
      </Loaded>
      <CheckRulesCard model={model} />
      <History model={model} />
      {edited !== null && <EditRulesDialog set={edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function History({ model }: { readonly model: string }) {
  const query = useInfiniteQuery({ ...listDataRulesHistoryInfiniteOptions({ path: { model }, query: { limit: 20 } }), ...byCursor });
  const all = itemsOf(query.data);
  return (
    <Card title="History" lead="Each write is the next generation; none is ever changed.">
      {query.error !== null && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading />}
      {query.data !== undefined && all.length === 0 && <Empty title="Nothing was written yet">The first rules become generation 1.</Empty>}
      <ol aria-label="Generations" className="flex flex-col divide-y divide-line">
        {all.map((one, index) => {
          const before = all[index + 1];
          return (
            <li key={one.generation} className="py-3 first:pt-0 last:pb-0">
              <p className="mb-2 flex flex-wrap items-center gap-2 text-sm">
                <span className="font-medium">Generation {one.generation}</span>
                <span className="text-xs text-ink-soft">
                  <Time at={one.writtenAt} /> by <Writer account={one.writtenBy} />
                </span>
                <ShortId id={one.digest} what="digest of the rules" />
              </p>
              {before === undefined && one.generation > 1 ? <p className="text-sm text-ink-soft">Show more to compare it with the one before.</p> : <RuleChanges before={before?.rules ?? []} after={one.rules} />}
            </li>
          );
        })}
      </ol>
      {query.hasNextPage && (
        <div className="flex justify-center pt-2">
          <Button size="small" variant="quiet" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}
