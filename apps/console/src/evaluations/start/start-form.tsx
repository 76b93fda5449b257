import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createEvaluationMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ListedSuite, type Release } from '../../api/gen/types.gen.ts';
import { Problem } from '../../api/problem.ts';
import { refresh } from '../../api/query-client.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { SelectField, TextAreaField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm } from '../../ui/problem-form.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { type Kind, KINDS, type StartSearch } from '../evaluation-search.ts';
import { KIND_WORDS } from '../run-words.ts';
import { bodyOf, newDraft, problemOfDraft, type StartDraft } from './start-draft.ts';

const FIELDS = ['kind', 'candidate', 'reference', 'suite', 'settings'];

export interface StartFormProps {
  readonly model: string;
  readonly releases: readonly Release[];
  /** The release that serves now. */
  readonly stable: string | null;
  readonly suites: readonly ListedSuite[];
  readonly given: StartSearch;
}

export function StartForm({ model, releases, stable, suites, given }: StartFormProps) {
  const [draft, setDraft] = useState(() => newDraft(given, { releases: releases.map(({ releaseId }) => releaseId), stable, suites: suites.map(({ digest }) => digest) }));
  const [refused, setRefused] = useState<Problem | null>(null);
  const navigate = useNavigate();
  const start = useMutation({
    ...createEvaluationMutation(),
    onSuccess: async ({ id, cached }) => {
      if (cached) tellDone('This was measured before', 'An equal run has an equal result, so nothing had to run.');
      await refresh('evaluations');
      await navigate({ to: '/evaluations/$evaluationId', params: { evaluationId: id } });
    },
  });
  const change = (parts: Partial<StartDraft>): void => setDraft({ ...draft, ...parts });
  const words = KIND_WORDS[draft.kind];
  const submit = (): void => {
    const problem = problemOfDraft(draft);
    setRefused(problem === null ? null : new Problem(422, 'incomplete', 'Not complete', problem.detail, problem.field));
    if (problem === null) start.mutate({ body: bodyOf(draft) });
  };
  const choices = releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)} · ${releaseId === stable ? 'serves now' : summary === '' ? 'first release' : summary}` }));
  return (
    <Card title={`What shall be measured · ${model}`} lead="It runs beside serving at low priority, in a process of its own. Nothing that serves is changed.">
      <ProblemForm label="Start an evaluation" error={refused ?? start.error} fields={FIELDS} onSubmit={submit} className="flex max-w-3xl flex-col gap-4">
        <SelectField
          name="kind" label="Kind" value={draft.kind} hint={`${words.about}${words.reads === null ? '' : ` Reads the ${words.reads} tasks of the suite.`}`}
          onChange={(event) => change({ kind: event.target.value as Kind })}
          choices={KINDS.map((kind) => ({ value: kind, label: KIND_WORDS[kind].label }))}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField name="candidate" label="Candidate: the release to evaluate" value={draft.candidate} onChange={(event) => change({ candidate: event.target.value })} choices={withChosen(choices, draft.candidate)} />
          {words.reference === 'none' ? (
            <p className="self-end pb-2 text-xs text-ink-soft">This kind looks at one release.</p>
          ) : (
            <SelectField
              name="reference" label={words.reference === 'needed' ? 'Reference: the old release' : 'Reference: what it is compared with'} value={draft.reference} onChange={(event) => change({ reference: event.target.value })}
              choices={[{ value: '', label: words.reference === 'needed' ? 'Choose one' : 'Nothing: measure the candidate alone' }, ...withChosen(choices, draft.reference)]}
            />
          )}
        </div>
        <SelectField name="suite" label="Suite" value={draft.suite} onChange={(event) => change({ suite: event.target.value })} choices={withChosen(suites.map(({ digest, name, tasks }) => ({ value: digest, label: `${name} · ${tasks} ${tasks === 1 ? 'task' : 'tasks'} · ${shortId(digest)}` })), draft.suite)} />
        <details className="text-sm">
          <summary className="cursor-pointer text-ink-soft">Settings of the kind: seeds, counts, limits</summary>
          <TextAreaField name="settings" label="Settings, as JSON" className="mt-2" rows={3} maxLength={10_000} value={draft.settings} onChange={(event) => change({ settings: event.target.value })} placeholder="{}" hint="Left empty, each has its default, which is written into the run. Another setting is another run." />
        </details>
        <div className="flex gap-2">
          <Button type="submit" variant="primary" disabled={start.isPending}>
            {start.isPending ? 'Starting…' : 'Start'}
          </Button>
          <ButtonLink to="/evaluations">Cancel</ButtonLink>
        </div>
      </ProblemForm>
    </Card>
  );
}

/** The choices, and one of an address that is not among the newest. */
function withChosen(choices: readonly { readonly value: string; readonly label: string }[], chosen: string) {
  return chosen === '' || choices.some(({ value }) => value === chosen) ? choices : [...choices, { value: chosen, label: shortId(chosen) }];
}
