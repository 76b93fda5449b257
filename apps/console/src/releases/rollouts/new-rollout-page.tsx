import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { createRolloutMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { useModel } from '../../shell/scope.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatPercent, shortId } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { BackLink } from '../back-link.tsx';
import { useActivation, useNeedsApproval, useReleases } from '../serving/use-serving.ts';
import { lacksShadow, newDraft, planFrom } from './plan-draft.ts';
import { PlanForm } from './plan-form.tsx';

/** The form that starts a rollout. */
export function NewRolloutPage() {
  const model = useModel();
  const mayOperate = useMay('operate');
  return (
    <Page title="Start a rollout" lead={<BackLink label="Rollouts" to="/releases/rollouts" />}>
      {model === undefined ? (
        <Loading rows={8} />
      ) : model === null ? (
        <Empty title="No model is served yet">A rollout brings a second release beside the one that serves.</Empty>
      ) : mayOperate ? (
        <NewRollout model={model} />
      ) : (
        <Empty title="You may not start rollouts">That takes the permission operate.</Empty>
      )}
    </Page>
  );
}

function NewRollout({ model }: { readonly model: string }) {
  const { candidate } = useSearch({ from: '/shell/releases/rollouts/new' });
  const [draft, setDraft] = useState(() => newDraft(candidate ?? ''));
  const [isAsking, setAsking] = useState(false);
  const releases = useReleases(model);
  const activation = useActivation(model).data;
  const needsApproval = useNeedsApproval(model);
  const navigate = useNavigate();
  const start = useMutation({
    ...createRolloutMutation(),
    onSuccess: async ({ id }) => {
      await refresh('rollouts', 'models', 'audit');
      await navigate({ to: '/releases/rollouts/$rolloutId', params: { rolloutId: id } });
    },
    onError: () => setAsking(false),
  });
  if (releases === undefined || activation === undefined) return <Loading rows={8} />;
  if (needsApproval) {
    return (
      <Empty title="This model changes only by approved change requests" action={<ButtonLink to="/changes/new" search={{ model, kind: 'activate', ...(candidate !== undefined && { release: candidate }) }}>Open a change request</ButtonLink>}>
        A request can ask for a guarded rollout; it starts once it is approved.
      </Empty>
    );
  }
  if (activation.canary !== null) {
    return (
      <Empty title="A canary runs already" action={<ButtonLink to="/releases" search={{ model }}>See what serves</ButtonLink>}>
        One rollout or canary of a model at a time: promote it or abort it first.
      </Empty>
    );
  }
  const [first] = draft.steps;
  const id = shortId(draft.candidate);
  return (
    <>
      <PlanForm draft={draft} onChange={setDraft} releases={releases.filter(({ releaseId }) => releaseId !== activation.releaseId)} error={start.error} lacksShadow={lacksShadow(draft)} onSubmit={() => setAsking(true)} />
      {isAsking && (
        <Confirm
          isOpen
          onClose={() => setAsking(false)}
          title={`Start a rollout · ${model}`}
          consequences={[
            Number(first?.sharePercent) > 0
              ? `Release ${id} gets ${first?.sharePercent}% of the requests in scope at once; release ${shortId(activation.releaseId ?? '')} answers the rest.`
              : `Release ${id} runs as a shadow only in the first step; nobody gets its answers.`,
            ...(Number(draft.shadowPercent) > 0 ? [`${draft.shadowPercent}% of the answers also run on ${id}, unseen.`] : []),
            `Steps: ${draft.steps.map(({ sharePercent }) => `${sharePercent}%`).join(', ')}, then all requests. Each goes on by itself when its evidence is there, or pauses.`,
            `A guard that fails rolls it back at once, by itself. That happens to a release within all margins with a chance of at most ${formatPercent(Number(draft.falseRollbackPercent) / 100)}.`,
          ]}
          confirmLabel="Start the rollout"
          reason="optional"
          isPending={start.isPending}
          error={null}
          onConfirm={(reason) => start.mutate({ body: { plan: planFrom(draft, model), reason } })}
        />
      )}
    </>
  );
}
