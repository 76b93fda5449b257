import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getReleaseOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { previewRelease } from '../../api/gen/sdk.gen.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm } from '../../ui/problem-form.tsx';
import { useReleases } from '../serving/use-serving.ts';
import { type ComposeDraft, orderOf, withExchange } from './compose-draft.ts';
import { ComposeResult } from './compose-result.tsx';
import { ExchangeDialog } from './exchange-dialog.tsx';
import { ExchangeList } from './exchange-list.tsx';
import { SettingsFields } from './settings-fields.tsx';

const FIELDS = ['base', 'routersFrom', 'expertsFrom', 'replace', 'routing', 'routing.gating', 'routing.topK', 'routing.normalise'];

/** What the release is put together of. Its difference from the base is asked for first, with nothing written; any edit takes it away again. */
export function ComposeForm({ model, draft, onChange }: { readonly model: string; readonly draft: ComposeDraft; readonly onChange: (draft: ComposeDraft) => void }) {
  const releases = useReleases(model) ?? [];
  const base = useQuery({ ...getReleaseOptions({ path: { releaseId: draft.base } }), enabled: draft.base !== '' });
  const [isExchanging, setExchanging] = useState(false);
  const preview = useMutation({
    mutationFn: async () => {
      const order = orderOf(draft);
      return { order, ...(await previewRelease({ body: order })).data };
    },
  });
  const change = (part: Partial<ComposeDraft>): void => {
    preview.reset();
    onChange({ ...draft, ...part });
  };
  const choices = (chosen: string) => [
    ...releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)} · ${summary === '' ? 'first release' : summary}` })),
    ...(chosen === '' || releases.some(({ releaseId }) => releaseId === chosen) ? [] : [{ value: chosen, label: shortId(chosen) }]),
  ];
  return (
    <>
      <ProblemForm error={preview.error} fields={[...FIELDS, ...draft.exchanges.map(({ component }) => `replace.${component}`)]} label="Compose a release" className="flex flex-col gap-4" onSubmit={() => preview.mutate()}>
        <Card title="Start" lead={`A release of ${model}. What is not exchanged stays as it is there.`}>
          <div className="grid gap-3 lg:grid-cols-3">
            <SelectField name="base" label="Base: the release to start from" required value={draft.base} choices={[{ value: '', label: 'Choose a release' }, ...choices(draft.base)]} onChange={(event) => change({ base: event.target.value })} />
            <SelectField name="routersFrom" label="Routers and routing settings" value={draft.routersFrom} choices={[{ value: '', label: 'of the base' }, ...choices(draft.routersFrom)]} onChange={(event) => change({ routersFrom: event.target.value })} />
            <SelectField name="expertsFrom" label="Experts" value={draft.expertsFrom} choices={[{ value: '', label: 'of the base' }, ...choices(draft.expertsFrom)]} onChange={(event) => change({ expertsFrom: event.target.value })} />
          </div>
        </Card>
        <Card
          title="Exchanged components"
          lead="Single versions of the registry, each in the place of the one that the base has."
          isFlush
          actions={
            <Button size="small" disabled={base.data === undefined} onClick={() => setExchanging(true)}>
              Exchange a component…
            </Button>
          }
        >
          <ExchangeList exchanges={draft.exchanges} base={base.data} onRemove={(component) => change({ exchanges: draft.exchanges.filter((one) => one.component !== component) })} />
        </Card>
        <SettingsFields draft={draft} base={base.data} onChange={change} />
        <div className="flex justify-end">
          <Button type="submit" variant={preview.data === undefined ? 'primary' : 'plain'} disabled={preview.isPending}>
            {preview.isPending ? 'Working…' : 'Show the difference'}
          </Button>
        </div>
      </ProblemForm>
      {preview.data !== undefined && <ComposeResult preview={preview.data} />}
      {isExchanging && base.data !== undefined && (
        <ExchangeDialog
          release={base.data}
          onClose={() => setExchanging(false)}
          onExchange={(added) => {
            setExchanging(false);
            change({ exchanges: withExchange(draft.exchanges, added) });
          }}
        />
      )}
    </>
  );
}
