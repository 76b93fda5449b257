import { useMutation, useQueries, useQuery } from '@tanstack/react-query';
import { getModelSignaturePolicyOptions, listModelsOptions, listSignaturesOptions, revokeTrustedKeyMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type TrustedKey } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { revocationInWords } from './trust-words.ts';

/** Models whose signatures are looked at before a key is revoked. */
const LOOKED_AT = 20;

/** Asks before a key is trusted no longer, and says which releases would not load again. */
export function RevokeDialog({ trusted, onClose }: { readonly trusted: TrustedKey; readonly onClose: () => void }) {
  const models = useQuery(listModelsOptions({ query: { limit: 200 } }));
  const serving = (models.data?.items ?? []).flatMap(({ model, releaseId }) => (releaseId === null ? [] : [{ model, releaseId }]));
  const looked = serving.slice(0, LOOKED_AT);
  const policies = useQueries({ queries: looked.map(({ model }) => getModelSignaturePolicyOptions({ path: { model } })) });
  const signatures = useQueries({ queries: looked.map(({ releaseId }) => listSignaturesOptions({ path: { kind: 'release', digest: releaseId }, query: { limit: 200 } })) });
  const isReading = models.isPending || [...policies, ...signatures].some(({ isPending }) => isPending);
  const isUnread = models.isError || [...policies, ...signatures].some(({ isError }) => isError) || serving.length > looked.length;
  const known = looked.map(({ model, releaseId }, at) => ({ model, releaseId, level: policies[at]?.data?.inForce ?? 'off', signatures: signatures[at]?.data?.items ?? [] }));
  const revoke = useMutation({
    ...revokeTrustedKeyMutation(),
    onSuccess: async ({ name }) => {
      tellDone(`The key of ${name} is trusted no longer`);
      onClose();
      await refresh('signatures', 'audit');
    },
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Revoke the key of ${trusted.name}`}
      consequences={isReading ? ['Reading what it signed…'] : [...revocationInWords(trusted, known), ...(isUnread ? ['Not every model could be looked at: others may be concerned as well.'] : [])]}
      confirmLabel="Revoke the key"
      isDangerous
      reason="required"
      isPending={revoke.isPending || isReading}
      error={revoke.error}
      onConfirm={(reason) => revoke.mutate({ path: { keyId: trusted.keyId }, body: { reason: reason ?? '' } })}
    />
  );
}
