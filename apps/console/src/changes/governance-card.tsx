import { useMutation, useQueries } from '@tanstack/react-query';
import { Lock, LockOpen } from 'lucide-react';
import { useState } from 'react';
import { getGovernanceOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { putGovernance } from '../api/gen/sdk.gen.ts';
import { type Governance } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { useMay } from '../session/session.ts';
import { useModels } from '../shell/scope.ts';
import { Badge } from '../ui/badge.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Empty, Failed, Loading } from '../ui/states.tsx';
import { tellDone } from '../ui/toasts.tsx';

/** Which models change only by approved requests. */
export function GovernanceCard() {
  const models = useModels();
  const queries = useQueries({ queries: (models ?? []).map((model) => getGovernanceOptions({ path: { model } })) });
  const failed = queries.find(({ error }) => error !== null);
  return (
    <Card title="Governance of each model" lead="open: operators change what serves directly, and each act is audited as made without a change. required: only approved requests lead forward; rollback, abort and recall are never locked.">
      {models === undefined || queries.some(({ isPending }) => isPending) ? (
        <Loading />
      ) : failed ? (
        <Failed error={failed.error} onRetry={() => void failed.refetch()} />
      ) : models.length === 0 ? (
        <Empty title="No model is served yet">Activate a release; its model appears here.</Empty>
      ) : (
        <ul aria-label="Models" className="flex flex-col divide-y divide-line">{queries.flatMap(({ data }) => (data === undefined ? [] : [<Mode key={data.model} of={data} />]))}</ul>
      )}
    </Card>
  );
}

function Mode({ of }: { readonly of: Governance }) {
  const [asked, setAsked] = useState<Governance | null>(null);
  const mayAdminister = useMay('administer');
  const mayPropose = useMay('propose');
  const isRequired = of.mode === 'required';
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-2.5 first:pt-0 last:pb-0">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium wrap-anywhere">
          {of.model}
          <Badge tone={isRequired ? 'ok' : 'warn'} icon={isRequired ? <Lock size={12} aria-hidden /> : <LockOpen size={12} aria-hidden />}>
            {of.mode}
          </Badge>
        </p>
        <p className="text-xs text-ink-soft">{isRequired ? 'Only approved change requests lead forward.' : 'Operators change what serves directly. Requests can be used, but need not be.'}</p>
      </div>
      {isRequired
        ? mayPropose && (
            <ButtonLink size="small" to="/changes/new" search={{ kind: 'set-governance', mode: 'open', model: of.model }}>
              Ask to open it
            </ButtonLink>
          )
        : mayAdminister && (
            <Button size="small" onClick={() => setAsked(of)}>
              Require approvals
            </Button>
          )}
      {asked !== null && <Require of={asked} onClose={() => setAsked(null)} />}
    </li>
  );
}

function Require({ of: { model, generation }, onClose }: { readonly of: Governance; readonly onClose: () => void }) {
  const tighten = useMutation({
    mutationFn: (reason: string) => putGovernance({ path: { model }, headers: { 'if-match': `"${generation}"` }, body: { mode: 'required', reason } }),
    onSuccess: () => {
      tellDone(`${model} changes only by approved requests`);
      onClose();
    },
    onSettled: () => refresh('changes'),
  });
  return (
    <Confirm
      isOpen onClose={onClose} title={`Require approvals for ${model}`} confirmLabel="Require approvals" reason="required" isPending={tighten.isPending} error={tighten.error} onConfirm={(reason) => tighten.mutate(reason ?? '')}
      consequences={[
        `Releases, routing, data rules and cards of ${model} change only by approved change requests from now on.`,
        'Rollback, abort, stopping a shadow and recall stay as they are.',
        'The change policy is bound too: it changes only by a request of its own.',
        'The way back to open needs an approved request with two approvals, or a broken glass.',
      ]}
    />
  );
}
