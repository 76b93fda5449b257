import { useMutation, useQuery } from '@tanstack/react-query';
import { FilePlus2, FileSearch, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { getEvidenceOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { removeEvidence } from '../api/gen/sdk.gen.ts';
import { type Change, type ChangeStanding, type Evidence, type EvidenceContent as EvidenceText } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { formatBytes } from '../ui/format.ts';
import { ShortId } from '../ui/short-id.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { attachedEvaluation } from './evaluation-evidence.ts';
import { Attached, EvaluationSummary } from './evaluation-summary.tsx';
import { EvidenceDialog } from './evidence-dialog.tsx';

/** What a request stands on. Content is shown as text, whatever it is. */
export function EvidenceCard({ change, standing }: { readonly change: Change; readonly standing: ChangeStanding }) {
  const [isAdding, setAdding] = useState(false);
  const [opened, setOpened] = useState<Evidence | null>(null);
  const [removing, setRemoving] = useState<Evidence | null>(null);
  const mayAdd = standing.acts.some(({ act, allowed }) => act === 'add-evidence' && allowed);
  const missing = standing.requirements.flatMap(({ evidence, isMet }) => (evidence !== undefined && !isMet ? [evidence] : []));
  return (
    <Card
      title="Evidence"
      lead="What the change stands on. Approvals name what they saw."
      actions={
        mayAdd && (
          <Button size="small" icon={<FilePlus2 size={14} aria-hidden />} onClick={() => setAdding(true)}>
            Add evidence
          </Button>
        )
      }
    >
      {change.evidence.length === 0 ? (
        <Empty title="No evidence">{missing.length > 0 ? `The policy asks for: ${missing.join(', ')}.` : standing.requirements.length === 0 ? 'None was attached.' : 'The policy asks for none.'}</Empty>
      ) : (
        <ul aria-label="Evidence" className="flex flex-col divide-y divide-line">
          {change.evidence.map((item) => (
            <li key={item.id} className="flex flex-wrap items-start justify-between gap-2 py-2.5 first:pt-0 last:pb-0">
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-2 text-sm">
                  <Badge tone={item.removedAt === null ? 'info' : 'neutral'}>{item.kind}</Badge>
                  <span className={item.removedAt === null ? 'font-medium wrap-anywhere' : 'text-ink-soft line-through wrap-anywhere'}>{item.title}</span>
                </p>
                <p className="mt-1 flex flex-wrap items-center gap-x-2 text-xs text-ink-soft">
                  <ShortId id={item.sha256} what="digest of the evidence" />
                  {item.sizeBytes !== null && <span>{formatBytes(item.sizeBytes)}</span>}
                  <span>
                    by {item.addedByName}, <Time at={item.addedAt} />
                  </span>
                  {item.removedAt !== null && (
                    <span>
                      removed <Time at={item.removedAt} />
                    </span>
                  )}
                </p>
                {item.url !== null && <p className="mt-1 text-xs wrap-anywhere">Lies at {item.url}; compare its SHA-256.</p>}
                <EvaluationSummary change={change} item={item} />
              </div>
              <div className="flex gap-1">
                {item.url === null && (
                  <Button size="small" variant="quiet" icon={<FileSearch size={14} aria-hidden />} aria-label={`Open ${item.title}`} onClick={() => setOpened(item)}>
                    Open
                  </Button>
                )}
                {mayAdd && item.removedAt === null && (
                  <Button size="small" variant="quiet" icon={<Trash2 size={14} aria-hidden />} aria-label={`Remove ${item.title}`} onClick={() => setRemoving(item)}>
                    Remove
                  </Button>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      {isAdding && <EvidenceDialog change={change} missing={missing} onClose={() => setAdding(false)} />}
      {opened !== null && <EvidenceContent change={change} item={opened} onClose={() => setOpened(null)} />}
      {removing !== null && <RemoveEvidence change={change} item={removing} onClose={() => setRemoving(null)} />}
    </Card>
  );
}

function EvidenceContent({ change, item, onClose }: { readonly change: Change; readonly item: Evidence; readonly onClose: () => void }) {
  const query = useQuery(getEvidenceOptions({ path: { changeId: change.id, evidenceId: item.id } }));
  return (
    <Dialog isOpen onClose={onClose} width="wide" title={item.title} lead={`${item.kind}, added by ${item.addedByName}`}>
      <Loaded query={query}>{(evidence) => <Content {...evidence} />}</Loaded>
    </Dialog>
  );
}

function Content({ content, sha256, mediaType }: EvidenceText) {
  const attached = attachedEvaluation(content, mediaType);
  const raw = readable(content, mediaType);
  return (
    <div className="flex flex-col gap-2">
      <p className="flex flex-wrap items-center gap-2 text-xs text-ink-soft">
        {mediaType} <ShortId id={sha256} what="digest of the evidence" />
      </p>
      {attached === null ? (
        <Raw label="Content of the evidence" text={raw} />
      ) : (
        <>
          <Attached attached={attached} />
          {attached.report !== null && <Raw label="Report as it was attached" text={attached.report} />}
          <details>
            <summary className="cursor-pointer text-sm text-ink-soft">All of it, as JSON</summary>
            <Raw label="Content of the evidence" text={raw} />
          </details>
        </>
      )}
    </div>
  );
}

function Raw({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <pre tabIndex={0} aria-label={label} className="max-h-[60dvh] overflow-auto rounded border border-line bg-canvas p-3 text-xs whitespace-pre-wrap wrap-anywhere">
      {text}
    </pre>
  );
}

/** JSON with line breaks; anything else as it is. */
function readable(content: string, mediaType: string): string {
  if (!mediaType.includes('json')) return content;
  try {
    return JSON.stringify(JSON.parse(content), null, 2);
  } catch {
    return content;
  }
}

function RemoveEvidence({ change, item, onClose }: { readonly change: Change; readonly item: Evidence; readonly onClose: () => void }) {
  const remove = useMutation({
    mutationFn: () => removeEvidence({ path: { changeId: change.id, evidenceId: item.id } }),
    onSuccess: () => {
      tellDone('Evidence removed');
      onClose();
    },
    onSettled: () => refresh('changes'),
  });
  return (
    <Confirm
      isOpen onClose={onClose} title={`Remove "${item.title}"`} isDangerous confirmLabel="Remove" isPending={remove.isPending} error={remove.error} onConfirm={() => remove.mutate()}
      consequences={['It does not count as evidence any more.', 'Every approval that saw it is taken back.', 'It stays in the history of the request, and its content can still be read.', 'You have a hand in the request from then on and cannot decide over it.']}
    />
  );
}
