import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { putModelSignaturePolicy, putSignaturePolicy } from '../../api/gen/sdk.gen.ts';
import { type SignaturePolicy } from '../../api/gen/types.gen.ts';
import { problemOf } from '../../api/problem.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { type Level, policyInWords } from './trust-words.ts';

interface PolicyDialogProps {
  /** null: the policy of the installation. */
  readonly model: string | null;
  readonly policy: SignaturePolicy;
  readonly installation: Level;
  readonly trustedKeys: number;
  readonly onClose: () => void;
}

const LEVELS = [
  { value: 'off', label: 'off: nothing must be signed' },
  { value: 'releases', label: 'releases: each release as a whole' },
  { value: 'components', label: 'components: each component version' },
] as const;
const INHERIT = { value: 'inherit', label: 'as the installation' } as const;

/** Says what must be signed, with the state that was seen. */
export function PolicyDialog({ model, policy, installation, trustedKeys, onClose }: PolicyDialogProps) {
  const [seen] = useState(policy);
  const [level, setLevel] = useState<Level | 'inherit'>(seen.level ?? (model === null ? seen.inForce : 'inherit'));
  const put = useMutation({
    mutationFn: async () => {
      const headers = { 'if-match': `"${seen.generation}"` };
      if (model !== null) return (await putModelSignaturePolicy({ path: { model }, headers, body: { level: level === 'inherit' ? null : level } })).data;
      return (await putSignaturePolicy({ headers, body: { level: level === 'inherit' ? 'off' : level } })).data;
    },
    onSuccess: async () => {
      tellDone('The signature policy is set', 'It holds for releases that are loaded from now on.');
      await refresh('signatures', 'audit');
      onClose();
    },
  });
  const isOutdated = put.error !== null && problemOf(put.error, undefined).status === 412;
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={model === null ? 'Signature policy of the installation' : `Signature policy of ${model}`}
      consequences={policyInWords(level === 'inherit' ? null : level, model, { installation, trustedKeys })}
      confirmLabel="Set the policy"
      isDangerous={level !== 'off' && trustedKeys === 0}
      isPending={put.isPending}
      error={put.error}
      onConfirm={() => put.mutate()}
    >
      <SelectField
        name="level"
        label="What must be signed"
        value={level}
        choices={model === null ? LEVELS : [INHERIT, ...LEVELS]}
        onChange={(event) => {
          put.reset();
          setLevel(event.target.value as Level | 'inherit');
        }}
      />
      {isOutdated && (
        // Read first: the dialog must not open once more with the state as it was.
        <Button onClick={() => void refresh('signatures').then(onClose)}>Close and read it again</Button>
      )}
    </Confirm>
  );
}
