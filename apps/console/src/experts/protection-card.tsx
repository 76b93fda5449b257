import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Shield } from 'lucide-react';
import { useState } from 'react';
import { protectExpert, unprotectExpert } from '../api/gen/sdk.gen.ts';
import { type ProtectedExpert } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { useMay } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { TextField } from '../ui/fields.tsx';
import { Failed, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { type Place } from './place.ts';
import { useProtection } from './use-protection.ts';

/** Whether the expert may be taken away without evidence, and if not, why. */
export function ProtectionCard({ place: { model, layer, expert } }: { readonly place: Place }) {
  const { data: found, error, refetch } = useProtection(model, layer, expert);
  const mayProtect = useMay('operate');
  const mayUnprotect = useMay('approve');
  const [asked, setAsked] = useState<'protect' | 'unprotect' | null>(null);
  return (
    <Card title="Protection" lead="A protected expert is not quarantined, recalled, denied by rules or left out of a release without evidence.">
      {found === undefined ? (
        error === null ? <Loading rows={2} /> : <Failed error={error} onRetry={refetch} />
      ) : (
        <div className="flex flex-col items-start gap-2 text-sm">
          {found === null ? <p>Not protected.</p> : <Standing of={found} />}
          {found === null ? mayProtect && <Button onClick={() => setAsked('protect')}>Protect…</Button> : mayUnprotect && <Button onClick={() => setAsked('unprotect')}>Take back…</Button>}
        </div>
      )}
      {asked !== null && <ProtectionDialog act={asked} model={model} layer={layer} expert={expert} version={found?.version ?? 0} onClose={() => setAsked(null)} />}
    </Card>
  );
}

function Standing({ of: { reason, evidence, protectedAt, protectedByName } }: { readonly of: ProtectedExpert }) {
  return (
    <>
      <p>
        <Badge tone="accent" icon={<Shield size={13} aria-hidden />}>
          protected
        </Badge>
      </p>
      <p className="wrap-anywhere whitespace-pre-wrap">{reason}</p>
      <p className="text-xs text-ink-soft">
        Since <Time at={protectedAt} />, by {protectedByName}.{' '}
        {evidence === null ? (
          'Protected by hand.'
        ) : (
          <Link to="/evaluations/$evaluationId" params={{ evaluationId: evidence.evaluationId }}>
            The evaluation that proposed it
          </Link>
        )}
      </p>
    </>
  );
}

interface DialogProps {
  readonly act: 'protect' | 'unprotect';
  readonly model: string;
  readonly layer: number;
  readonly expert: number;
  readonly version: number;
  readonly onClose: () => void;
}

function ProtectionDialog({ act, model, layer, expert, version, onClose }: DialogProps) {
  const [evaluationId, setEvaluationId] = useState('');
  const mutation = useMutation({
    mutationFn: async (reason: string): Promise<void> => {
      const request = { path: { model, layer, expert }, headers: { 'if-match': `"${version}"` } };
      await (act === 'protect' ? protectExpert({ ...request, body: { reason } }) : unprotectExpert({ ...request, body: { reason, ...(evaluationId.trim() !== '' && { evaluationId: evaluationId.trim() }) } }));
    },
    onSuccess: () => {
      tellDone(act === 'protect' ? 'The expert is protected' : 'The protection is taken back');
      onClose();
    },
    onSettled: () => refresh('protection', 'audit'),
  });
  const name = `expert ${expert} of layer ${layer}`;
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={act === 'protect' ? `Protect ${name}` : `Take back the protection of ${name}`}
      consequences={
        act === 'protect'
          ? ['Quarantine, recall, data rules, quotas and releases that would take it away are refused from now on, unless they are overridden with evidence.', 'What took it away before stays as it is.', 'Whoever is refused reads your reason.']
          : ['It can be taken away without evidence again.', 'A concentration run of the release that serves, which does not propose it, is the evidence for that. Without one it takes an administrator.']
      }
      confirmLabel={act === 'protect' ? 'Protect it' : 'Take it back'}
      isDangerous={act === 'unprotect'}
      reason="required"
      isPending={mutation.isPending}
      error={mutation.error}
      onConfirm={(reason) => mutation.mutate(reason ?? '')}
    >
      {act === 'unprotect' && <TextField name="evaluationId" label="Concentration run (optional)" value={evaluationId} onChange={(event) => setEvaluationId(event.target.value)} hint="Its id, from its address under Evaluations." />}
    </Confirm>
  );
}
