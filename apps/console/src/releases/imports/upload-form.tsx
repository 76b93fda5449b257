import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { type Upload } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useModels } from '../../shell/scope.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { formatBytes, formatPercent, shortId } from '../../ui/format.ts';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { ProgressBar } from '../progress-bar.tsx';
import { ComponentLink } from '../release-link.tsx';
import { type Phase, sendFile, type SendProgress } from './send-file.ts';

const FIELDS = ['file', 'kind', 'component', 'model', 'card.title', 'card.owner', 'card.licence', 'card.forUse', 'card'];
const KINDS = [
  { value: 'expert', label: 'Expert' },
  { value: 'router', label: 'Router' },
  { value: 'backbone', label: 'Backbone' },
  { value: 'tokenizer', label: 'Tokenizer' },
] as const;
type Kind = (typeof KINDS)[number]['value'];
const PLACES: Readonly<Record<Kind, string>> = { expert: 'expert/3/5', router: 'router/3', backbone: 'backbone', tokenizer: 'tokenizer' };
const DOES: Readonly<Record<Phase, string>> = { reading: 'Taking the digest', sending: 'Sending', checking: 'Sending the last piece; the server checks the whole file' };

/** Sends a component version from this machine, in pieces; sent again, it goes on where it was. */
export function UploadForm() {
  const models = useModels() ?? [];
  const [file, setFile] = useState<File | null>(null);
  const [kind, setKind] = useState<Kind>('expert');
  const [progress, setProgress] = useState<SendProgress | null>(null);
  const [isStopped, setStopped] = useState(false);
  const stop = useRef<AbortController | null>(null);
  // A page that is left sends nothing any more.
  useEffect(() => () => stop.current?.abort(), []);
  const send = useMutation({
    mutationFn: async (data: FormData) => {
      const component = textOf(data, 'component');
      const model = textOf(data, 'model');
      const card = { title: textOf(data, 'card.title') ?? '', owner: textOf(data, 'card.owner') ?? '', licence: textOf(data, 'card.licence') ?? '', forUse: textOf(data, 'card.forUse') ?? '' };
      stop.current = new AbortController();
      const { signal } = stop.current;
      setStopped(false);
      try {
        const upload = await sendFile(file!, { kind, card, ...(component !== undefined && { component }), ...(model !== undefined && { model }) }, signal, setProgress);
        return { upload, component };
      } catch (error) {
        if (!signal.aborted) throw error;
        setStopped(true);
        return null;
      } finally {
        setProgress(null);
        await refresh('registry');
      }
    },
    onSuccess: (sent) => {
      if (sent !== null) tellDone(sent.upload.uploadId === null ? 'The registry already holds this version' : 'The version is uploaded', shortId(sent.upload.sha256));
    },
  });
  return (
    <Card title="Upload a component version" lead="One file from this machine: a safetensors file with just the tensors of its kind, or a tokenizer.json. The server checks digest, tensors and that all weights are finite. A whole checkpoint is imported above, from a folder on the server.">
      <ProblemForm error={send.error} fields={FIELDS} label="Upload a component version" onSubmit={(data) => send.mutate(data)}>
        <fieldset disabled={send.isPending} className="grid min-w-0 gap-3 sm:grid-cols-2">
          <TextField name="file" label="File" type="file" required className="[&_input]:py-1.5" hint={file === null ? 'Up to 256 GiB. For the largest, use the command signalbox upload.' : formatBytes(file.size)} onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
          <SelectField name="kind" label="Kind" value={kind} choices={KINDS} onChange={(event) => setKind(event.target.value as Kind)} />
          <TextField name="component" label="Component that it shall replace" placeholder={PLACES[kind]} pattern="backbone|tokenizer|router/\d{1,5}|expert/\d{1,5}/\d{1,5}" maxLength={20} spellCheck={false} hint={`Such as ${PLACES[kind]}. With it, the shape is checked against the model, and the version there becomes its parent.`} />
          <SelectField name="model" label="Model whose stable release holds that component" choices={[{ value: '', label: 'none' }, ...models.map((name) => ({ value: name, label: name }))]} />
          <TextField name="card.title" label="Card: title" maxLength={200} />
          <TextField name="card.owner" label="Card: owner, who answers for it" maxLength={200} />
          <TextField name="card.licence" label="Card: licence" maxLength={2000} placeholder="Apache-2.0" />
          <TextAreaField name="card.forUse" label="Card: what it is for" rows={1} maxLength={20_000} />
        </fieldset>
        {progress !== null && file !== null && (
          <div>
            <ProgressBar label="Upload, progress" value={progress.doneBytes / file.size} />
            <p className="mt-1 text-xs text-ink-soft">
              {DOES[progress.phase]}: {formatPercent(progress.doneBytes / file.size, 0)} of {formatBytes(file.size)}. Stay on this page; what has arrived is kept for a day.
            </p>
          </div>
        )}
        {isStopped && !send.isPending && (
          <p role="status" className="text-sm">
            Stopped. What has arrived is kept for a day: send the same file again and it goes on from there, or give it up in the list below.
          </p>
        )}
        {send.data !== undefined && send.data !== null && !send.isPending && <Sent upload={send.data.upload} component={send.data.component} />}
        <div className="flex justify-end gap-2">
          {send.isPending && <Button onClick={() => stop.current?.abort()}>Stop</Button>}
          <Button type="submit" variant="primary" disabled={send.isPending}>
            {send.isPending ? 'Working…' : 'Upload'}
          </Button>
        </div>
      </ProblemForm>
    </Card>
  );
}

function Sent({ upload: { sha256, uploadId }, component }: { readonly upload: Upload; readonly component: string | undefined }) {
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
      <span>
        {uploadId === null ? 'The registry already holds' : 'The registry now holds'} <ComponentLink sha256={sha256} />.
      </span>
      {component !== undefined && (
        <ButtonLink size="small" to="/releases/new" search={{ replace: `${component}:${sha256}` }}>
          Compose a release with it
        </ButtonLink>
      )}
    </div>
  );
}
