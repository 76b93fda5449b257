import { useMutation } from '@tanstack/react-query';
import { checkDataRules } from '../api/gen/sdk.gen.ts';
import { type CheckedRelease } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { TextField } from '../ui/fields.tsx';
import { shortId } from '../ui/format.ts';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';

const LABELS = [
  ['tenant', 'Tenant'],
  ['region', 'Region'],
  ['dataClass', 'Data class'],
  ['licence', 'Licence'],
] as const;
const FIELDS = LABELS.map(([name]) => `labels.${name}`);

const OUTCOMES = {
  unrestricted: { tone: 'ok', words: 'every expert may serve it' },
  masked: { tone: 'info', words: 'served, without the experts below' },
  'no-expert-left': { tone: 'bad', words: 'refused with 403: a layer has no expert left' },
} as const;

type Masked = CheckedRelease['masked'][number];
const COLUMNS: readonly Column<Masked>[] = [
  { id: 'expert', header: 'Expert kept from it', isRowHeader: true, cell: ({ expert }) => <span className="font-mono text-xs">{expert}</span> },
  { id: 'rules', header: 'By the rules', cell: ({ rules }) => <span className="wrap-anywhere">{rules.join(', ')}</span> },
  { id: 'version', header: 'Version', isSecondary: true, cell: ({ sha256 }) => <span className="font-mono text-xs">{shortId(sha256)}</span> },
];

/** For a request with some labels: which experts would be kept from it. Changes nothing. */
export function CheckRulesCard({ model }: { readonly model: string }) {
  const check = useMutation({
    mutationFn: async (data: FormData) => (await checkDataRules({ path: { model }, body: { labels: Object.fromEntries(LABELS.map(([name]) => [name, textOf(data, `labels.${name}`) ?? ''])) } })).data,
  });
  return (
    <Card title="Try a request" lead="Which experts would be kept from a request with these labels, under the rules in force. Empty: the request lacks the label. Nothing is changed.">
      <ProblemForm label="Try a request" error={check.error} fields={FIELDS} className="grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-[repeat(4,minmax(0,1fr))_auto]" onSubmit={(data) => check.mutate(data)}>
        {LABELS.map(([name, label]) => (
          <TextField key={name} name={`labels.${name}`} label={label} maxLength={64} />
        ))}
        <Button type="submit" disabled={check.isPending}>
          Check
        </Button>
      </ProblemForm>
      <div aria-live="polite" className="mt-3 flex flex-col gap-4">
        {check.data?.releases.length === 0 && <p className="text-sm text-ink-soft">No release is active for {model}.</p>}
        {check.data?.releases.map(({ releaseId, outcome, masked, tooFew, refused }) => (
          <div key={releaseId}>
            <p className="mb-1 flex flex-wrap items-center gap-2 text-sm">
              Release <span className="font-mono text-xs">{shortId(releaseId)}</span> <Badge tone={OUTCOMES[outcome].tone}>{OUTCOMES[outcome].words}</Badge>
            </p>
            {refused !== null && (
              <p className="text-sm wrap-anywhere">
                Layer {refused.layer} has none left, by the rules {refused.rules.join(', ')}.
              </p>
            )}
            {tooFew.length > 0 && <p className="text-sm">Fewer experts than top-k are left in layer {tooFew.join(', ')}: those serve.</p>}
            {masked.length > 0 && <DataTable caption={`Experts kept from the request on release ${shortId(releaseId)}`} columns={COLUMNS} rows={masked} rowKey={({ expert }) => expert} />}
          </div>
        ))}
        {check.data?.warnings.map(({ message }) => (
          <p key={message} className="text-sm text-warn wrap-anywhere">
            {message}
          </p>
        ))}
      </div>
    </Card>
  );
}
