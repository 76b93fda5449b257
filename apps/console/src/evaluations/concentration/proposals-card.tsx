import { useMutation, useQuery } from '@tanstack/react-query';
import { Shield } from 'lucide-react';
import { useState } from 'react';
import { adoptProtectionMutation, getReleaseOptions, listProtectedExpertsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Evaluation } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatPercent } from '../../ui/format.ts';
import { Empty } from '../../ui/states.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { ExpertPlaceLink } from '../expert-place-link.tsx';
import { type ExpertPlace, type Proposal } from './concentration-result.ts';

/** Longest page of the API. */
const PAGE = 200;

/** Experts that the run proposes to protect, why, and which of them are. */
export function ProposalsCard({ run, proposals }: { readonly run: Evaluation; readonly proposals: readonly Proposal[] }) {
  const model = useQuery({ ...getReleaseOptions({ path: { releaseId: run.candidate } }), enabled: proposals.length > 0, staleTime: Infinity }).data?.manifest.model;
  const known = useQuery({ ...listProtectedExpertsOptions({ path: { model: model ?? '' }, query: { limit: PAGE } }), enabled: model !== undefined }).data?.items;
  const mayProtect = useMay('operate');
  const [isAsking, setAsking] = useState(false);
  const isProtected = (place: ExpertPlace): boolean => known?.some(({ layer, expert }) => layer === place.layer && expert === place.expert) === true;
  const open = proposals.filter((place) => !isProtected(place));
  return (
    <Card
      title="Proposed to protect"
      lead="Retiring, masking, limiting or quarantining a protected expert needs evidence. A proposal changes nothing by itself."
      actions={
        mayProtect && model !== undefined && known !== undefined && open.length > 0 && (
          <Button size="small" icon={<Shield size={14} aria-hidden />} onClick={() => setAsking(true)}>
            {open.length === 1 ? 'Protect it…' : `Protect these ${open.length}…`}
          </Button>
        )
      }
    >
      {proposals.length === 0 ? (
        <Empty title="Nothing is proposed">The verdict above says why.</Empty>
      ) : (
        <ul aria-label="Experts proposed to protect" className="flex flex-col divide-y divide-line">
          {proposals.map((proposal) => (
            <li key={`${proposal.layer}/${proposal.expert}`} className="py-2.5 first:pt-0 last:pb-0">
              <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
                <ExpertPlaceLink layer={proposal.layer} expert={proposal.expert} />
                {proposal.share !== null && <span className="font-normal text-ink-soft">{formatPercent(proposal.share, 0)} of the margin</span>}
                {isProtected(proposal) && (
                  <Badge tone="accent" icon={<Shield size={13} aria-hidden />}>
                    protected
                  </Badge>
                )}
              </p>
              <ul className="mt-1 flex max-w-prose list-disc flex-col gap-0.5 pl-5 text-xs text-ink-soft">
                {proposal.reasons.map((reason, at) => (
                  <li key={at} className="wrap-anywhere">
                    {reason}
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      )}
      {isAsking && model !== undefined && <AdoptDialog model={model} evaluationId={run.id} places={open} onClose={() => setAsking(false)} />}
    </Card>
  );
}

function AdoptDialog({ model, evaluationId, places, onClose }: { readonly model: string; readonly evaluationId: string; readonly places: readonly ExpertPlace[]; readonly onClose: () => void }) {
  const adopt = useMutation({
    ...adoptProtectionMutation(),
    onSuccess: ({ adopted }) => {
      tellDone(adopted.length === 1 ? 'One expert is protected' : `${adopted.length} experts are protected`);
      onClose();
    },
    onSettled: () => refresh('protection', 'audit'),
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`Protect experts of ${model}`}
      consequences={[
        `Protected: ${places.map(({ layer, expert }) => `expert ${expert} of layer ${layer}`).join(', ')}. The reason is what this run found.`,
        'Quarantine, recall, data rules, quotas and releases that would take one of them away are refused from now on, unless they are overridden with evidence.',
        'What took one away before stays as it is.',
      ]}
      confirmLabel="Protect them"
      isPending={adopt.isPending}
      error={adopt.error}
      onConfirm={() => adopt.mutate({ path: { model }, body: { evaluationId } })}
    />
  );
}
