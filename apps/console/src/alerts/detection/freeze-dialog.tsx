import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createBaselineMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type BaselineRequest, type BaselineSegment } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useModel, useModels } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CheckboxField, SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { segmentsOf } from './segments.ts';

const MIXES = [{ value: '', label: 'none' }, { value: 'tenant', label: 'each tenant' }, { value: 'task', label: 'each task' }, { value: 'language', label: 'each language' }];

/** Asks for the traffic that a baseline shall stand on. */
export function FreezeDialog({ onClose }: { readonly onClose: () => void }) {
  const models = useModels() ?? [];
  const model = useModel();
  const [wrong, setWrong] = useState<string | null>(null);
  const freeze = useMutation({
    ...createBaselineMutation(),
    onSuccess: async () => {
      tellDone('Freezing has begun', 'Nothing is compared with it before it is adopted.');
      onClose();
      await refresh('detection');
    },
  });
  const submit = (data: FormData): void => {
    const segments = segmentsOf(textOf(data, 'segments') ?? '');
    setWrong(segments === null ? 'Write one segment a line, such as task=chat or task=chat, language=en.' : null);
    if (segments === null) return;
    const from = textOf(data, 'from');
    const mix = textOf(data, 'mixBySegment');
    const body: BaselineRequest = {
      model: textOf(data, 'model') ?? '', requests: Number(textOf(data, 'requests') ?? Number.NaN), segments: segments as BaselineSegment[], mixByHour: data.get('mixByHour') !== null,
      mixBySegment: mix === undefined ? null : (mix as NonNullable<BaselineRequest['mixBySegment']>), ...(from !== undefined && { from: new Date(from).toISOString() }),
    };
    freeze.mutate({ body });
  };
  return (
    <Dialog isOpen onClose={onClose} title="Freeze a baseline" lead="Draws requests evenly from the recorded traffic of the stable release. It takes some seconds a layer.">
      <ProblemForm error={freeze.error} fields={['model', 'requests', 'segments', 'from', 'mixByHour', 'mixBySegment']} label="Freeze a baseline" onSubmit={submit}>
        <SelectField name="model" label="Model" choices={models.map((value) => ({ value, label: value }))} defaultValue={model ?? undefined} />
        <TextField name="requests" label="Requests" inputMode="numeric" required defaultValue="5000" hint="1000 to 20000, for all traffic and again for each segment; 5000 or more find small shifts." />
        <TextField name="from" label="Traffic since (optional)" type="datetime-local" hint="As far back as traces are kept when left out." />
        <TextAreaField name="segments" label="Segments (optional)" rows={2} placeholder="task=chat" hint={wrong ?? 'One a line, such as task=chat, language=en. Each gets streams of its own.'} />
        <SelectField name="mixBySegment" label="Known mixes" choices={MIXES} hint="A shift that a mixture of known mixes explains raises no alarm." />
        <CheckboxField name="mixByHour" label="Each hour of the day is a known mix too" hint="Freeze a whole day, better a week, before you use it." />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={freeze.isPending}>
            {freeze.isPending ? 'Working…' : 'Freeze'}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}
