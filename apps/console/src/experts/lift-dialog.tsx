import { useMutation } from '@tanstack/react-query';
import { liftQuarantineMutation } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Quarantine } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Confirm } from '../ui/confirm.tsx';
import { tellDone } from '../ui/toasts.tsx';

/** Asks before an expert is put back into service. */
export function LiftDialog({ quarantine: { id, model, layer, expert, version, releaseId }, onClose }: { readonly quarantine: Quarantine; readonly onClose: () => void }) {
  const lift = useMutation({
    ...liftQuarantineMutation(),
    onSuccess: async ({ takenBy, processes }) => {
      tellDone(`Expert ${expert} of layer ${layer} is back`, `${takenBy} of ${processes} processes follow.`);
      onClose();
      await refresh('models', 'audit', 'alerts');
    },
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Lift the quarantine of expert ${expert} of layer ${layer}`}
      consequences={[
        `The routers of ${model} may choose it again, in ${releaseId === null ? 'every release' : 'the release that it was taken out of'}, at once.`,
        'If it failed meanwhile, its circuit breaker still keeps it out until probes go well.',
      ]}
      confirmLabel="Put it back"
      reason="optional"
      isPending={lift.isPending}
      error={lift.error}
      onConfirm={(reason) => lift.mutate({ path: { model, quarantineId: id }, headers: { 'if-match': `"${version}"` }, body: reason === undefined || reason === '' ? {} : { reason } })}
    />
  );
}
