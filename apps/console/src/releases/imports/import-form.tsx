import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createImportMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { useModel, useModels } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CheckboxField, SelectField, TextField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { useNeedsApproval, useReleases } from '../serving/use-serving.ts';

const FIELDS = ['directory', 'model', 'parent', 'note', 'activate'];

/** Starts the import of a checkpoint folder that lies on the server. */
export function ImportForm() {
  const scoped = useModel();
  const [model, setModel] = useState<string | null>(null);
  const name = model ?? scoped ?? '';
  const known = useModels()?.includes(name) === true ? name : null;
  const releases = useReleases(known) ?? [];
  const needsApproval = useNeedsApproval(known);
  const mayOperate = useMay('operate');
  const [round, setRound] = useState(0);
  const create = useMutation({
    ...createImportMutation(),
    onSuccess: async ({ directory }) => {
      tellDone('The import is asked for', directory);
      setRound(round + 1);
      await refresh('imports');
    },
  });
  return (
    <Card title="Import a checkpoint" lead="A folder in the form of Hugging Face (config.json, safetensors, tokenizer.json), on the machine of the server. Copy the folder there first: the browser sends single component versions only, below.">
      <ProblemForm
        key={round}
        error={create.error}
        fields={FIELDS}
        label="Import a checkpoint"
        onSubmit={(data) => create.mutate({ body: { directory: textOf(data, 'directory') ?? '', model: name, parent: textOf(data, 'parent'), note: textOf(data, 'note') ?? '', activate: data.get('activate') === 'on' } })}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField name="directory" label="Folder: absolute path on the server" placeholder="/models/tiny-mixtral-biology" required maxLength={4096} />
          <TextField name="model" label="Model: the name to serve it by" required value={name} onChange={(event) => setModel(event.target.value)} maxLength={128} />
          <SelectField
            name="parent"
            label="Parent: the release it was tuned from"
            choices={[{ value: '', label: 'The stable release of the model' }, ...releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)} · ${summary === '' ? 'first release' : summary}` }))]}
            hint="What is the same as there is shared."
          />
          <TextField name="note" label="Note: why, for people" maxLength={2000} />
        </div>
        <div className="flex flex-wrap items-end justify-between gap-3">
          {mayOperate && !needsApproval ? <CheckboxField name="activate" value="on" label="Let it answer all requests as soon as it is imported" hint="Left out, it does not answer until it is activated. The first release of a model serves in any case." /> : <p className="text-xs text-ink-soft">The release does not answer until it is activated. The first release of a model serves in any case.</p>}
          <Button type="submit" variant="primary" disabled={create.isPending}>
            {create.isPending ? 'Working…' : 'Import'}
          </Button>
        </div>
      </ProblemForm>
    </Card>
  );
}
