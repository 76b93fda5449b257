import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createQuarantineMutation } from '../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Confirm } from '../ui/confirm.tsx';
import { SelectField } from '../ui/fields.tsx';
import { shortId } from '../ui/format.ts';
import { tellDone } from '../ui/toasts.tsx';
import { overrideOf, useOverride } from './override.ts';
import { OverrideFields } from './override-fields.tsx';
import { type Place } from './place.ts';
import { consequencesOf } from './service-words.ts';
import { useProtection } from './use-protection.ts';

const HOUR_MS = 3_600_000;

export interface QuarantineDialogProps {
  readonly place: Place;
  /** Live processes that serve the model. */
  readonly processes: number;
  /** Experts of the layer that serve now. */
  readonly serving: number;
  readonly onClose: () => void;
}

/** Asks before an expert is taken out of service, and says exactly what will happen. */
export function QuarantineDialog({ place, processes, serving, onClose }: QuarantineDialogProps) {
  const { model, layer, expert, releaseId, topK, ladder } = place;
  const [scope, setScope] = useState<'model' | 'release'>('model');
  const [hours, setHours] = useState('');
  const guard = useProtection(model, layer, expert).data ?? null;
  const impose = useMutation({
    ...createQuarantineMutation(),
    onSuccess: async ({ tookHold, takenBy, processes: all }) => {
      tellDone(`Expert ${expert} of layer ${layer} is in quarantine`, tookHold ? `${takenBy} of ${all} processes enforce it.` : `${takenBy} of ${all} processes enforce it so far.`);
      onClose();
      await refresh('models', 'protection', 'audit', 'alerts');
    },
  });
  const { draft, setDraft, isAsked } = useOverride(impose.error, guard !== null);
  const length = hours === '' ? null : Number(hours);
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Quarantine expert ${expert} of layer ${layer}`}
      consequences={[
        ...consequencesOf({ model, layer, expert, isEverywhere: scope === 'model', hours: length, processes, left: serving - 1, topK, ladder }),
        ...(guard === null ? [] : [`It is protected: “${guard.reason}”.`]),
      ]}
      confirmLabel="Take it out of service"
      isDangerous
      reason="required"
      isPending={impose.isPending}
      error={impose.error}
      onConfirm={(reason) =>
        impose.mutate({
          path: { model },
          body: {
            layer, expert, reason: reason ?? '',
            ...(scope === 'release' && { releaseId }),
            ...(length !== null && { until: new Date(Date.now() + length * HOUR_MS).toISOString() }),
            ...overrideOf(draft, reason ?? ''),
          },
        })
      }
    >
      <SelectField
        name="scope"
        label="Where"
        value={scope}
        onChange={(event) => setScope(event.target.value as typeof scope)}
        choices={[
          { value: 'model', label: `Every release of ${model}` },
          { value: 'release', label: `Only release ${shortId(releaseId)}` },
        ]}
      />
      <SelectField
        name="hours"
        label="How long"
        value={hours}
        onChange={(event) => setHours(event.target.value)}
        choices={[
          { value: '', label: 'Until it is lifted' },
          { value: '1', label: 'One hour' },
          { value: '24', label: 'A day' },
        ]}
      />
      {isAsked && <OverrideFields draft={draft} onChange={setDraft} evidence="A concentration run of the release that left the expert out." />}
    </Confirm>
  );
}
