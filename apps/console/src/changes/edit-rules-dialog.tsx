import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { checkDataRules, putDataRules } from '../api/gen/sdk.gen.ts';
import { type DataRule, type DataRules, type DataRulesCheck } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { overrideOf, useOverride } from '../experts/override.ts';
import { OverrideFields } from '../experts/override-fields.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextAreaField } from '../ui/fields.tsx';
import { ProblemForm } from '../ui/problem-form.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { json, pretty } from './payload-draft.ts';
import { RuleChanges } from './rule-changes.tsx';

type DataRulesWrite = Parameters<typeof putDataRules>[0]['body'];

interface Checked {
  readonly rules: DataRule[];
  readonly answer: DataRulesCheck;
}

/** Writes the next generation of a model's rules: checked by the server first, then shown as a difference, then written. */
export function EditRulesDialog({ set, onClose }: { readonly set: DataRules; readonly onClose: () => void }) {
  const [text, setText] = useState(() => pretty(set.rules));
  const path = { model: set.model };
  const check = useMutation({
    mutationFn: async (given: string): Promise<Checked> => {
      // The server says whether it is a list of rules.
      const rules = json(given, 'rules') as DataRule[];
      return { rules, answer: (await checkDataRules({ path, body: { labels: {}, rules } })).data };
    },
  });
  const write = useMutation({
    mutationFn: (body: DataRulesWrite) => putDataRules({ path, headers: { 'if-match': `"${set.generation}"` }, body }),
    onSuccess: () => {
      tellDone('Rules written', 'Inference processes follow within about a second.');
      onClose();
    },
    onSettled: () => refresh('data-rules', 'protection'),
  });
  const { draft, setDraft, isAsked } = useOverride(write.error);
  const checked = check.data;
  return (
    <>
      <Dialog isOpen={checked === undefined} onClose={onClose} width="wide" title={`Rules of ${set.model}`} lead={`All rules of generation ${set.generation + 1}. A rule: {"id", "expert": "expert/<layer>/<index>" or "sha256:...", "effect": "allow-only" or "deny", "tenants", "regions", "dataClasses", "licences", "note"}.`}>
        <ProblemForm label="Data rules" error={check.error} fields={['rules']} onSubmit={() => check.mutate(text)}>
          <TextAreaField name="rules" label="Rules, as JSON" rows={18} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} hint="allow-only is safe where a label is missing; deny lets a request pass that does not say what it is." />
          <div className="mt-1 flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={check.isPending}>
              {check.isPending ? 'Checking…' : 'Check and compare'}
            </Button>
          </div>
        </ProblemForm>
      </Dialog>
      {checked !== undefined && (
        <Confirm
          isOpen onClose={() => check.reset()} title={`Write generation ${set.generation + 1} of the rules of ${set.model}`} confirmLabel="Write the rules" reason="required" isPending={write.isPending} error={write.error}
          onConfirm={(reason) => write.mutate({ rules: checked.rules, reason: reason ?? '', ...overrideOf(draft, reason ?? '') })}
          consequences={['New requests are routed by these rules within about a second; those under way keep theirs.', 'Where they leave a layer without experts, requests are refused with 403.', 'The generation before stays in the history.']}
        >
          <RuleChanges before={set.rules} after={checked.rules} />
          {checked.answer.warnings.map(({ message }) => (
            <p key={message} className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn wrap-anywhere">
              {message}
            </p>
          ))}
          {isAsked && <OverrideFields draft={draft} onChange={setDraft} evidence="A concentration run of the release that serves, which left the expert out." />}
        </Confirm>
      )}
    </>
  );
}
