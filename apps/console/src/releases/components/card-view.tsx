import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { putComponentCardMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ComponentCardRequest, type ComponentVersionDetail } from '../../api/gen/types.gen.ts';
import { problemOf } from '../../api/problem.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { TextAreaField, TextField } from '../../ui/fields.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { AccountName } from '../account-name.tsx';
import { ChangeInstead } from '../change-instead.tsx';
import { ComponentLink } from '../release-link.tsx';

const LINES = [
  ['title', 'Title', 200],
  ['owner', 'Owner: who answers for it', 200],
  ['licence', 'Licence', 2000],
] as const;
const TEXTS = [
  ['forUse', 'What it is for'],
  ['notForUse', 'What it is not for'],
  ['trainingData', 'What it was trained on'],
  ['dataHandling', 'Rules about data (for people; data rules are what is enforced)'],
  ['madeHow', 'How it was made from its parent'],
] as const;
const MAX_TEXT = 20_000;
const FIELDS = [...LINES.map(([name]) => name), ...TEXTS.map(([name]) => name), 'parentSha256'];

/** What people say of a version: read, and written by those who may. All of it is plain text. */
export function CardView({ component }: { readonly component: ComponentVersionDetail }) {
  const { card } = component;
  const [isEditing, setEditing] = useState(false);
  const mayWrite = useMay('registry');
  if (isEditing) return <CardForm component={component} onDone={() => setEditing(false)} />;
  return (
    <Card
      title="Card"
      lead={card.updatedAt === null ? 'Nobody has written one.' : <>Revision {card.revision}, by {card.updatedBy === null ? 'nobody known' : <AccountName account={card.updatedBy} />}, <Time at={card.updatedAt} /></>}
      actions={mayWrite && <Button size="small" onClick={() => setEditing(true)}>{card.revision === 0 ? 'Write the card' : 'Edit the card'}</Button>}
    >
      <dl className="grid gap-3 text-sm sm:grid-cols-2">
        {LINES.map(([name, label]) => (
          <Said key={name} label={label} text={card[name]} />
        ))}
        <div>
          <dt className="text-xs text-ink-soft">Made from</dt>
          <dd>{card.parentSha256 === null ? <span className="text-ink-soft">not said</span> : <ComponentLink sha256={card.parentSha256} />}</dd>
        </div>
        {TEXTS.map(([name, label]) => (
          <Said key={name} label={label} text={card[name]} isLong />
        ))}
      </dl>
    </Card>
  );
}

function Said({ label, text, isLong = false }: { readonly label: string; readonly text: string; readonly isLong?: boolean }) {
  return (
    <div className={isLong ? 'sm:col-span-2' : undefined}>
      <dt className="text-xs text-ink-soft">{label}</dt>
      <dd className="max-w-prose whitespace-pre-wrap wrap-anywhere">{text === '' ? <span className="text-ink-soft">not said</span> : text}</dd>
    </div>
  );
}

function CardForm({ component: { sha256, card, usedBy }, onDone }: { readonly component: ComponentVersionDetail; readonly onDone: () => void }) {
  const [seen] = useState(card);
  const model = usedBy[0]?.model;
  const save = useMutation({
    ...putComponentCardMutation(),
    onSuccess: async () => {
      tellDone('The card is written', 'The audit log keeps it before and after.');
      await refresh('registry', 'audit');
      onDone();
    },
  });
  const isOutdated = save.error !== null && problemOf(save.error, undefined).status === 412;
  const send = (data: FormData): void => {
    const body = Object.fromEntries(FIELDS.map((name) => [name, textOf(data, name) ?? (name === 'parentSha256' ? null : '')])) as ComponentCardRequest;
    save.mutate({ path: { sha256 }, headers: { 'if-match': `"${seen.revision}"` }, body });
  };
  return (
    <Card title="Edit the card" lead="What is written here is text for people. The audit log keeps it before and after.">
      <ProblemForm error={save.error} fields={FIELDS} label="Card" onSubmit={send}>
        {isOutdated && (
          // Read first: the card as it was must not be edited once more.
          <Button onClick={() => void refresh('registry').then(onDone)}>Drop what I wrote and read the card again</Button>
        )}
        {model !== undefined && <ChangeInstead error={save.error} model={model} kind="rescope-expert" sha256={sha256} />}
        <div className="grid gap-3 sm:grid-cols-2">
          {LINES.map(([name, label, maxLength]) => (
            <TextField key={name} name={name} label={label} defaultValue={seen[name]} maxLength={maxLength} />
          ))}
          <TextField name="parentSha256" label="Made from: SHA-256 of a version" defaultValue={seen.parentSha256 ?? ''} pattern="[0-9a-f]{64}" />
        </div>
        {TEXTS.map(([name, label]) => (
          <TextAreaField key={name} name={name} label={label} defaultValue={seen[name]} maxLength={MAX_TEXT} rows={3} />
        ))}
        <div className="flex justify-end gap-2">
          <Button onClick={onDone}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={save.isPending}>
            {save.isPending ? 'Working…' : 'Save the card'}
          </Button>
        </div>
      </ProblemForm>
    </Card>
  );
}
