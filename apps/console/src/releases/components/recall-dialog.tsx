import { useMutation, useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { getActivationOptions, recallComponentMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ComponentVersionDetail } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { overrideOf, useOverride } from '../../experts/override.ts';
import { OverrideFields } from '../../experts/override-fields.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { CheckboxField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { tellDone } from '../../ui/toasts.tsx';
import { ChangeInstead } from '../change-instead.tsx';
import { recallInWords } from './recall-words.ts';

const OUTCOMES: Readonly<Record<string, string>> = {
  'stable-replaced': 'its stable release was replaced',
  'candidates-ended': 'canary or shadow ended',
  'way-back-closed': 'its way back was closed',
  stopped: 'it was stopped',
};

/** Asks before a version is withdrawn everywhere. */
export function RecallDialog({ component: { sha256, usedBy }, onClose }: { readonly component: ComponentVersionDetail; readonly onClose: () => void }) {
  const [force, setForce] = useState(false);
  const models = [...new Set(usedBy.map(({ model }) => model))];
  const activations = useQueries({ queries: models.map((model) => getActivationOptions({ path: { model } })) });
  const recall = useMutation({
    ...recallComponentMutation(),
    onSuccess: async ({ models: touched }) => {
      tellDone(`Version ${shortId(sha256)} is recalled`, touched.length === 0 ? 'No model served it.' : touched.map(({ model, outcome }) => `${model}: ${OUTCOMES[outcome] ?? outcome}`).join('; '));
      onClose();
      await refresh('registry', 'models', 'releases', 'rollouts', 'protection', 'audit');
    },
  });
  const { draft, setDraft, isAsked } = useOverride(recall.error);
  const isReading = activations.some(({ isPending }) => isPending);
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Recall version ${shortId(sha256)}`}
      consequences={isReading ? ['Reading what serves it…'] : recallInWords(sha256, usedBy, models.map((model, at) => ({ model, activation: activations[at]?.data ?? null })))}
      confirmLabel="Recall it everywhere"
      isDangerous
      reason="required"
      isPending={recall.isPending || isReading}
      error={recall.error}
      onConfirm={(reason) => recall.mutate({ path: { sha256 }, body: { reason: reason ?? '', force, ...overrideOf(draft, reason ?? '') } })}
    >
      {models[0] !== undefined && <ChangeInstead error={recall.error} model={models[0]} kind="recall" sha256={sha256} />}
      <CheckboxField name="force" label="Stop a model for which nothing is left that may answer" checked={force} onChange={(event) => setForce(event.target.checked)} hint="Its requests are refused until a release is activated." />
      {isAsked && <OverrideFields draft={draft} onChange={setDraft} evidence="A run of the release that takes over, with safety tasks." />}
    </Confirm>
  );
}
