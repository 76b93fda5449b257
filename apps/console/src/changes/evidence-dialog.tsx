import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listEvaluationsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { addEvidence, attachEvaluation } from '../api/gen/sdk.gen.ts';
import { type Change, type EvidenceRequest } from '../api/gen/types.gen.ts';
import { Problem } from '../api/problem.ts';
import { refresh } from '../api/query-client.ts';
import { kindLabel } from '../evaluations/run-words.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextAreaField, TextField } from '../ui/fields.tsx';
import { shortId } from '../ui/format.ts';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { tellDone, tellFailed } from '../ui/toasts.tsx';

const KINDS: readonly EvidenceRequest['kind'][] = ['evaluation', 'safety-suite', 'recalibration-check', 'routing-divergence', 'attribution', 'scope-card', 'data-protection', 'risk-assessment', 'incident', 'licence', 'other'];
/** The API takes as much; what is longer is named by its address and digest. */
const MAX_CHARACTERS = 256 * 1024;
const FIELDS = ['kind', 'evaluationId', 'title', 'content', 'mediaType', 'url', 'sha256'];
/** Finished evaluations to choose among, the newest. */
const RUNS = 50;

type Attachment = EvidenceRequest | { readonly kind: EvidenceRequest['kind']; readonly evaluationId: string };

/** Attaches the result of an evaluation, text, a file or the address of something to a request. */
export function EvidenceDialog({ change, missing, onClose }: { readonly change: Change; readonly missing: readonly string[]; readonly onClose: () => void }) {
  const [lies, setLies] = useState<'run' | 'here' | 'elsewhere'>('here');
  const [content, setContent] = useState('');
  const [mediaType, setMediaType] = useState('application/json');
  const add = useMutation({
    mutationFn: async (body: Attachment): Promise<void> => {
      await ('evaluationId' in body ? attachEvaluation({ path: { changeId: change.id }, body }) : addEvidence({ path: { changeId: change.id }, body }));
    },
    onSuccess: () => {
      tellDone('Evidence added');
      onClose();
    },
    onSettled: () => refresh('changes'),
  });
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const text = await file.text();
    if (text.length > MAX_CHARACTERS) {
      tellFailed(new Problem(400, 'too_long', 'The file is too long', `${file.name} has more than ${MAX_CHARACTERS} characters: keep it elsewhere, and give its address and SHA-256.`));
      return;
    }
    setContent(text);
    setMediaType(file.type === '' ? 'text/plain' : file.type);
  };
  return (
    <Dialog isOpen onClose={onClose} title="Add evidence" lead="Approvals given before stand: they name what they saw. You have a hand in the request from then on.">
      <ProblemForm
        label="Add evidence" error={add.error} fields={FIELDS}
        onSubmit={(data) => {
          const kind = textOf(data, 'kind') as EvidenceRequest['kind'];
          const common = { kind, title: textOf(data, 'title') ?? '' };
          if (lies === 'run') add.mutate({ kind, evaluationId: textOf(data, 'evaluationId') ?? '' });
          else add.mutate(lies === 'here' ? { ...common, content, mediaType } : { ...common, url: textOf(data, 'url') ?? '', sha256: textOf(data, 'sha256') ?? '' });
        }}
      >
        <SelectField name="kind" label="Kind" defaultValue={missing[0] ?? 'evaluation'} choices={KINDS.map((kind) => ({ value: kind, label: missing.includes(kind) ? `${kind} (asked for)` : kind }))} />
        <SelectField name="lies" label="It is" value={lies} onChange={(event) => setLies(event.target.value as typeof lies)} choices={[{ value: 'here', label: 'text or a file, kept with the request' }, { value: 'run', label: 'the result of an evaluation' }, { value: 'elsewhere', label: 'elsewhere, at an address' }]} />
        {lies !== 'run' && <TextField name="title" label="Title" required maxLength={200} />}
        {lies === 'run' ? (
          <RunChoice />
        ) : lies === 'here' ? (
          <>
            <label className="flex flex-col gap-1 text-xs font-medium text-ink-soft">
              From a file (text or JSON)
              <input type="file" accept=".json,.txt,.md,.csv,.log,application/json,text/*" className="text-sm" onChange={(event) => void read(event.target.files?.[0])} />
            </label>
            <TextAreaField name="content" label="Content" required rows={7} maxLength={MAX_CHARACTERS} value={content} onChange={(event) => setContent(event.target.value)} hint={`${content.length.toLocaleString('en')} of ${MAX_CHARACTERS.toLocaleString('en')} characters. Shown to others as plain text.`} />
            <TextField name="mediaType" label="Media type" value={mediaType} onChange={(event) => setMediaType(event.target.value)} />
          </>
        ) : (
          <>
            <TextField name="url" label="Address" type="url" required placeholder="https://" />
            <TextField name="sha256" label="SHA-256 of what lies there" required hint="64 hexadecimal digits, as sha256sum gives them." />
          </>
        )}
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={add.isPending}>
            {add.isPending ? 'Adding…' : 'Add evidence'}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}

function RunChoice() {
  const query = useQuery(listEvaluationsOptions({ query: { state: 'succeeded', limit: RUNS } }));
  const runs = query.data?.items ?? [];
  return (
    <SelectField
      name="evaluationId" label="Evaluation" required hint={query.data !== undefined && runs.length === 0 ? 'No evaluation has a result yet: start one under Evaluations.' : 'Attached by digest, as it is now; of the release that the request would have answer.'}
      choices={[{ value: '', label: 'Choose one' }, ...runs.map(({ id, kind, suiteName, candidate, verdict, createdAt }) => ({ value: id, label: `${kindLabel(kind)} · ${suiteName} · ${verdict?.outcome ?? 'no verdict'} · ${shortId(candidate)} · ${new Date(createdAt).toLocaleString()}` }))]}
    />
  );
}
