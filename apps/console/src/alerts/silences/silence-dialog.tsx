import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { createSilenceMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { previewSilence } from '../../api/gen/sdk.gen.ts';
import { type AlertMatcher } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Severity } from '../../ui/severity.tsx';
import { Failed, Loading } from '../../ui/states.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { placeText, READING_LABELS, textLabels } from '../parts/labels.ts';
import { draftOf, matcherOf, type MatcherDraft } from '../parts/matcher-draft.ts';
import { useDebounced } from '../parts/use-debounced.ts';
import { MatcherFields, matcherFieldNames } from '../parts/matcher-fields.tsx';

const HOUR_MS = 3_600_000;
const LENGTHS = [
  { value: String(HOUR_MS), label: '1 hour' },
  { value: String(2 * HOUR_MS), label: '2 hours' },
  { value: String(8 * HOUR_MS), label: '8 hours' },
  { value: String(24 * HOUR_MS), label: '1 day' },
  { value: String(7 * 24 * HOUR_MS), label: '7 days' },
  { value: 'until', label: 'Until a time' },
];
const TYPING_MS = 200;
const LABELS = ['rule', 'signal', 'severity', ...READING_LABELS];

/** Makes a silence, and shows before what it would take. */
export function SilenceDialog({ initial, onClose }: { readonly initial: readonly AlertMatcher[]; readonly onClose: () => void }) {
  const [drafts, setDrafts] = useState<readonly MatcherDraft[]>(initial.map(draftOf));
  const [length, setLength] = useState(LENGTHS[1]!.value);
  const create = useMutation({
    ...createSilenceMutation(),
    onSuccess: async () => {
      tellDone('Silenced', 'Whoever was told that an alert fires is told of its end all the same.');
      onClose();
      await refresh('alerts');
    },
  });
  const submit = (data: FormData): void => {
    const until = textOf(data, 'until');
    const to = length === 'until' ? (until === undefined ? '' : new Date(until).toISOString()) : new Date(Date.now() + Number(length)).toISOString();
    create.mutate({ body: { matchers: drafts.map(matcherOf), comment: textOf(data, 'comment') ?? '', to } });
  };
  return (
    <Dialog isOpen onClose={onClose} title="Silence alerts" lead="Nobody is told of alerts that match, for a time. They still fire and stand in the history." width="wide">
      <ProblemForm error={create.error} fields={[...matcherFieldNames('matchers', drafts.length), 'comment', 'to']} label="Silence alerts" onSubmit={submit}>
        <MatcherFields path="matchers" legend="Which alerts" hint="All of these must hold. At least one is needed." drafts={drafts} onChange={setDrafts} labels={LABELS} />
        <SilencePreview drafts={drafts} />
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField name="to" label="For how long" choices={LENGTHS} value={length} onChange={(event) => setLength(event.target.value)} />
          {length === 'until' && <TextField name="until" label="Until" type="datetime-local" required />}
        </div>
        <TextAreaField name="comment" label="Why" rows={2} maxLength={1000} required hint="Everyone who may read sees it." />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={create.isPending || drafts.length === 0}>
            {create.isPending ? 'Working…' : 'Silence'}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}

/** What of the alerts that fire now would be silenced. */
function SilencePreview({ drafts }: { readonly drafts: readonly MatcherDraft[] }) {
  const matchers = useDebounced(useMemo(() => drafts.map(matcherOf), [drafts]), TYPING_MS);
  const isWhole = matchers.length > 0 && matchers.every(({ label }) => label !== '');
  const preview = useQuery({ queryKey: [{ _id: 'previewSilence', tags: ['alerts'], matchers }], queryFn: async ({ signal }) => (await previewSilence({ body: { matchers }, signal })).data, enabled: isWhole, placeholderData: (before) => before, retry: false });
  return (
    <section aria-label="What it would silence now" aria-live="polite" className="rounded-md border border-line bg-canvas p-3 text-sm">
      {!isWhole && <p className="text-ink-soft">Add a matcher to see what it would silence.</p>}
      {isWhole && preview.error !== null && <Failed error={preview.error} />}
      {isWhole && preview.isPending && <Loading rows={1} />}
      {isWhole && preview.data !== undefined && preview.error === null && (
        <>
          <p className="font-medium">{preview.data.total === 0 ? 'It would silence nothing that fires now.' : `It would silence ${preview.data.total} ${preview.data.total === 1 ? 'alert that fires' : 'alerts that fire'} now:`}</p>
          <ul className="mt-1 flex max-h-36 flex-col gap-1 overflow-auto">
            {preview.data.alerts.slice(0, 20).map((alert) => (
              <li key={alert.id} className="flex flex-wrap items-center gap-2">
                <Severity value={alert.severity} />
                <span className="wrap-anywhere">{alert.rule.name}</span>
                <span className="text-ink-soft">{placeText(textLabels(alert.labels))}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
