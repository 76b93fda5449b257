import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { previewChange } from '../api/gen/sdk.gen.ts';
import { type ChangeEdit } from '../api/gen/types.gen.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { SelectField, TextAreaField, TextField } from '../ui/fields.tsx';
import { ProblemForm } from '../ui/problem-form.tsx';
import { Failed } from '../ui/states.tsx';
import { ChangeDiffCard } from './change-diff-card.tsx';
import { changeSentence } from './change-sentence.ts';
import { CHANGE_TYPES, type ChangeType } from './change-words.ts';
import { type Draft, payloadOf, startDraft } from './payload-draft.ts';
import { PAYLOAD_FIELDS, PayloadFields } from './payload-fields.tsx';
import { Requirements } from './requirements-card.tsx';

const FIELDS = ['title', 'reason', ...PAYLOAD_FIELDS];

interface ChangeFormProps {
  readonly initial: { readonly title: string; readonly reason: string; readonly draft: Draft };
  /** What a type starts with where it is chosen anew. */
  readonly startOf?: (type: ChangeType, model: string) => Draft;
  readonly submitLabel: string;
  readonly isPending: boolean;
  readonly error: unknown;
  /** Stands above the button that writes it. */
  readonly note: ReactNode;
  readonly onSubmit: (body: ChangeEdit) => void;
}

/** Writes a request: what shall change and why, then exactly what that would write, and only then the request. */
export function ChangeForm({ initial, startOf = (type, model) => startDraft(type, { model }), submitLabel, isPending, error, note, onSubmit }: ChangeFormProps) {
  const [title, setTitle] = useState(initial.title);
  const [reason, setReason] = useState(initial.reason);
  const [draft, setDraft] = useState(initial.draft);
  const preview = useMutation({ mutationFn: async (given: Draft) => ({ preview: (await previewChange({ body: { change: payloadOf(given) } })).data, change: payloadOf(given) }) });
  const change = (next: Draft): void => {
    setDraft(next);
    preview.reset();
  };
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Card title="What shall change, and why">
        <ProblemForm label="Change request" error={preview.error ?? error} fields={FIELDS} onSubmit={() => preview.mutate(draft)}>
          <TextField name="title" label="Title" required maxLength={200} value={title} onChange={(event) => setTitle(event.target.value)} />
          <TextAreaField name="reason" label="Why, for those who approve" required rows={3} maxLength={10_000} value={reason} onChange={(event) => setReason(event.target.value)} />
          <SelectField name="change.type" label="Type" value={draft.type} onChange={(event) => change(startOf(event.target.value as ChangeType, draft.model))} choices={Object.entries(CHANGE_TYPES).map(([value, label]) => ({ value, label }))} />
          <PayloadFields draft={draft} onChange={(part) => change({ ...draft, ...part })} />
          <div className="flex justify-end">
            <Button type="submit" variant={preview.data === undefined ? 'primary' : 'plain'} disabled={preview.isPending}>
              {preview.isPending ? 'Planning…' : 'Show what it would write'}
            </Button>
          </div>
        </ProblemForm>
      </Card>
      {preview.data === undefined ? (
        <Card title="Preview">
          <p className="text-sm text-ink-soft">Nothing is written until you have seen here what the request would change, and what it needs before it is applied.</p>
        </Card>
      ) : (
        <div className="flex min-w-0 flex-col gap-4">
          <ChangeDiffCard planned={preview.data.preview} isMade={'releaseId' in preview.data.change} />
          <Card title={changeSentence(preview.data.change)} lead="What it will need before it is applied">
            <Requirements requirements={preview.data.preview.requirements} />
            <div className="mt-4 flex flex-col gap-3 border-t border-line pt-3">
              {error !== null && <Failed error={error} />}
              <div className="text-sm text-ink-soft">{note}</div>
              <div className="flex justify-end">
                <Button variant="primary" disabled={isPending || title.trim() === '' || reason.trim() === ''} onClick={() => onSubmit({ title: title.trim(), reason: reason.trim(), change: preview.data.change })}>
                  {isPending ? 'Working…' : submitLabel}
                </Button>
              </div>
            </div>
          </Card>
        </div>
      )}
    </div>
  );
}
