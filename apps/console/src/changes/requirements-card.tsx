import { CircleCheck, CircleDashed } from 'lucide-react';
import { type ChangeRequirement } from '../api/gen/types.gen.ts';
import { Card } from '../ui/card.tsx';
import { InWords } from '../ui/in-words.tsx';

const LABELS: Readonly<Record<string, string>> = {
  'base-changed': 'Planned on the present state',
  'not-plannable': 'Can be planned',
  'not-open': 'Submitted',
  'approvals-missing': 'Approvals',
  frozen: 'No freeze window',
  'not-permitted': 'Permitted by the policy',
};

/** Each thing that must hold before a request is applied: met, or the remedy. */
export function Requirements({ requirements }: { readonly requirements: readonly ChangeRequirement[] }) {
  return (
    <ul aria-label="Requirements" className="flex flex-col gap-2.5">
      {requirements.map(({ reason, detail, evidence, isMet }) => (
        <li key={`${reason} ${evidence ?? ''} ${detail}`} className="flex items-start gap-2 text-sm">
          {isMet ? <CircleCheck size={17} className="mt-0.5 shrink-0 text-ok" aria-hidden /> : <CircleDashed size={17} className="mt-0.5 shrink-0 text-warn" aria-hidden />}
          <div className="min-w-0">
            <p className="font-medium">
              {evidence === undefined ? (LABELS[reason] ?? reason.replaceAll('-', ' ')) : `Evidence: ${evidence}`} <span className={isMet ? 'font-normal text-ok' : 'font-normal text-warn'}>{isMet ? 'met' : 'not met'}</span>
            </p>
            {!isMet && <p className="text-xs text-ink-soft wrap-anywhere"><InWords text={detail} /></p>}
          </div>
        </li>
      ))}
    </ul>
  );
}

export function RequirementsCard({ requirements, policyVersion }: { readonly requirements: readonly ChangeRequirement[]; readonly policyVersion: number }) {
  const open = requirements.filter(({ isMet }) => !isMet).length;
  return (
    <Card title="What the policy asks for" lead={`Version ${policyVersion} of the change policy, asked now. ${open === 0 ? 'Everything is there.' : `${open} of ${requirements.length} not met.`}`}>
      <Requirements requirements={requirements} />
    </Card>
  );
}
