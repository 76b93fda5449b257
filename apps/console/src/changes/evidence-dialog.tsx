import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { addEvidence } from '../api/gen/sdk.gen.ts';
import { type Change, type EvidenceRequest } from '../api/gen/types.gen.ts';
import { Problem } from '../api/problem.ts';
import { refresh } from '../api/query-client.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextAreaField, TextField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { tellDone, tellFailed } from '../ui/toasts.tsx';

const KINDS: readonly EvidenceRequest['kind'][] = ['evaluation', 'safety-suite', 'recalibration-check', 'routing-divergence', 'scope-card', 'data-protection', 'risk-assessment', 'incident', 'licence', 'other'];
/** The API takes as much; what is longer is named by its address and digest. */
const MAX_CHARACTERS = 256 * 1024;
const FIELDS = ['kind', 'title', 'content', 'mediaType', 'url', 'sha256'];

/** Attaches text, a file or the address of something to a request. */
export function EvidenceDialog({ change, missing, onClose }: { readonly change: Change; readonly missing: readonly string[]; readonly onClose: () => void }) {
  const [lies, setLies] = useState<'here' | 'elsewhere'>('here');
  const [content, setContent] = useState('');
  const [mediaType, setMediaType] = useState('application/json');
  const add = useMutation({
    mutationFn: (body: EvidenceRequest) => addEvidence({ path: { changeId: change.id }, body }),
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
          const common = { kind: textOf(data, 'kind') as EvidenceRequest['kind'], title: textOf(data, 'title') ?? '' };
          add.mutate(lies === 'here' ? { ...common, content, mediaType } : { ...common, url: textOf(data, 'url') ?? '', sha256: textOf(data, 'sha256') ?? '' });
        }}
      >
        <SelectField name="kind" label="Kind" defaultValue={missing[0] ?? 'evaluation'} choices={KINDS.map((kind) => ({ value: kind, label: missing.includes(kind) ? `${kind} (asked for)` : kind }))} />
        <TextField name="title" label="Title" required maxLength={200} />
        <SelectField name="lies" label="It lies" value={lies} onChange={(event) => setLies(event.target.value as typeof lies)} choices={[{ value: 'here', label: 'here, with the request' }, { value: 'elsewhere', label: 'elsewhere, at an address' }]} />
        {lies === 'here' ? (
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
