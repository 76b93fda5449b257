import { useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { createDenseTwin, createDerivation } from '../../api/gen/sdk.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Failed, Loading } from '../../ui/states.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { useActivation, useReleases } from '../serving/use-serving.ts';
import { namesIn } from './derivation-words.ts';
import { type DerivationsSearch } from './derivations-search.ts';

const FIELDS = ['precision', 'components', 'model', 'expertsPerLayer', 'note'];
const KINDS = [
  { value: 'quantise', label: 'Fewer bits a weight (quantise)' },
  { value: 'densify', label: 'A dense twin (densify)' },
] as const;

/** Asks for a release that is made of another one. */
export function DerivationForm({ model }: { readonly model: string }) {
  const { kind = 'quantise', release } = useSearch({ strict: false }) as DerivationsSearch;
  const setSearch = useSetSearch();
  const releases = useReleases(model);
  const activation = useActivation(model);
  const stable = activation.data?.releaseId ?? undefined;
  const chosen = release ?? stable ?? releases?.[0]?.releaseId;
  const [which, setWhich] = useState<'experts' | 'experts-and-backbone' | 'named'>('experts');
  const [round, setRound] = useState(0);
  const create = useMutation({
    mutationFn: async (data: FormData): Promise<void> => {
      const path = { releaseId: chosen ?? '' };
      const note = textOf(data, 'note') ?? '';
      if (kind === 'densify') {
        await createDenseTwin({ path, body: { model: textOf(data, 'model') ?? '', expertsPerLayer: Number(data.get('expertsPerLayer')), note } });
      } else {
        await createDerivation({ path, body: { precision: data.get('precision') === 'int4' ? 'int4' : 'int8', components: which === 'named' ? namesIn(textOf(data, 'components') ?? '') : which, note } });
      }
    },
    onSuccess: async () => {
      tellDone('The derivation is asked for', 'It stands below, with its progress.');
      setRound((before) => before + 1);
      await refresh('imports', 'releases');
    },
  });
  if (activation.error !== null && activation.data === undefined) return <Failed error={activation.error} onRetry={() => void activation.refetch()} />;
  if (releases === undefined || activation.data === undefined) return <Loading rows={5} />;
  const named = releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)}${releaseId === stable ? ', stable' : ''}${summary === '' ? '' : `: ${summary}`}` }));
  const choices = chosen === undefined || named.some(({ value }) => value === chosen) ? named : [...named, { value: chosen, label: shortId(chosen) }];
  return (
    <Card title="Make a release of a release" lead="What stays the same is shared. The new release answers nothing until it is activated; a dense twin is the first release of a model of its own.">
      <ProblemForm key={`${kind} ${round}`} error={create.error} fields={FIELDS} label="Make a release of a release" onSubmit={(data) => create.mutate(data)}>
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField name="kind" label="What" value={kind} choices={KINDS} onChange={(event) => { create.reset(); setSearch({ kind: event.target.value === 'densify' ? 'densify' : undefined }); }} />
          <SelectField name="release" label="Of which release" value={chosen ?? ''} choices={choices} onChange={(event) => setSearch({ release: event.target.value })} />
          {kind === 'densify' ? (
            <>
              <TextField name="model" label="Model: the name to serve it by" required maxLength={128} placeholder={`${model}-dense`} />
              <TextField name="expertsPerLayer" label="Experts of each layer that become one" type="number" min={1} max={64} required defaultValue={2} hint="Those that the recorded traffic of the last day uses most evenly over tasks. More is wider, and slower." />
            </>
          ) : (
            <>
              <SelectField name="precision" label="Precision" choices={[{ value: 'int8', label: 'int8: 8 bits a weight' }, { value: 'int4', label: 'int4: 4 bits a weight' }]} hint="Measure what it costs in quality before it answers." />
              <SelectField name="which" label="Which components" value={which} onChange={(event) => setWhich(event.target.value as typeof which)} choices={[{ value: 'experts', label: 'All experts' }, { value: 'experts-and-backbone', label: 'All experts and the backbone' }, { value: 'named', label: 'Those that I name' }]} />
              {which === 'named' && <TextField name="components" label="Components" required placeholder="expert/3/5, backbone" hint="Names as the release has them, separated by commas." />}
            </>
          )}
          <TextField name="note" label="Note: why, for people" maxLength={2000} />
        </div>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" disabled={create.isPending || chosen === undefined}>
            {create.isPending ? 'Working…' : 'Make it'}
          </Button>
        </div>
      </ProblemForm>
    </Card>
  );
}
