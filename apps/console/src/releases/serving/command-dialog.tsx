import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getReleaseDiffOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Activation, type Release } from '../../api/gen/types.gen.ts';
import { problemOf } from '../../api/problem.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { tellDone } from '../../ui/toasts.tsx';
import { ChangeInstead } from '../change-instead.tsx';
import { NO_SLICE, routeSliceOf } from '../route-slice-draft.ts';
import { RouteSliceFields } from '../route-slice-fields.tsx';
import { choosesRelease, type Command, type CommandPlan, consequencesOf, targetOf } from './command-words.ts';
import { sendCommand } from './send-command.ts';
import { ShareField } from './share-field.tsx';

const TITLES: Readonly<Record<Command, string>> = {
  activate: 'Activate a release',
  'start-canary': 'Start a canary',
  'change-share': 'Change the share of the canary',
  promote: 'Promote the canary',
  abort: 'Abort the canary',
  'roll-back': 'Roll back',
  'start-shadow': 'Run a shadow',
  'stop-shadow': 'Stop the shadow',
};
const DANGEROUS: ReadonlySet<Command> = new Set(['abort', 'roll-back']);
/** Of a canary, as the API names them. */
const FIELDS = ['routeSlice', 'routeSlice.experts', 'routeSlice.minShare'];
const FIRST_CANARY_SHARE = 0.05;
const FIRST_SHADOW_SHARE = 0.1;

export interface CommandDialogProps {
  readonly command: Command;
  readonly activation: Activation;
  readonly releases: readonly Release[];
  /** Release that the address names. */
  readonly release: string | null;
  readonly isRolloutRunning: boolean;
  readonly onClose: () => void;
  /** Asked again with what holds now. */
  readonly onReload: () => void;
}

/** Asks before what serves is changed, and says exactly what will happen. What it says is of the moment when it opened, and so is the generation it sends. */
export function CommandDialog({ command, activation, releases, release, isRolloutRunning, onClose, onReload }: CommandDialogProps) {
  const [seen] = useState(activation);
  const [chosen, setChosen] = useState(release);
  const [share, setShare] = useState(command === 'change-share' ? (activation.canary?.share ?? 0) : command === 'start-canary' ? FIRST_CANARY_SHARE : (activation.shadow?.share ?? FIRST_SHADOW_SHARE));
  const [part, setPart] = useState<CommandPlan['part']>('all');
  const [stickyBy, setStickyBy] = useState<'key' | 'session' | 'request'>('session');
  const [segment, setSegment] = useState({ tenant: '', task: '', language: '' });
  const [slice, setSlice] = useState(NO_SLICE);
  const target = targetOf(command, seen, chosen);
  const { releaseId } = seen;
  const comparable = target !== null && releaseId !== null && target !== releaseId && command !== 'stop-shadow' && command !== 'abort';
  const diff = useQuery({ ...getReleaseDiffOptions({ path: { releaseId: target ?? '' }, query: { against: releaseId ?? undefined } }), enabled: comparable });
  const send = useMutation({
    mutationFn: (reason: string | undefined) => sendCommand({ command, seen, target, share, part, stickyBy, segment, routeSlice: routeSliceOf(slice), reason }),
    onSuccess: async ({ generation }) => {
      tellDone(`${TITLES[command]}: done`, `The state is generation ${generation} now. Below stands which processes serve it.`);
      onClose();
      await refresh('models', 'rollouts', 'audit', 'changes');
    },
  });
  const isOutdated = send.error !== null && problemOf(send.error, undefined).status === 412;
  const choices = releases.filter(({ releaseId: id }) => id !== releaseId && (command !== 'activate' || id !== seen.canary?.releaseId));
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title={`${TITLES[command]} · ${seen.model}`}
      consequences={comparable && diff.isPending ? ['Reading what the releases differ in…'] : consequencesOf({ command, seen, target, share, part, diff: diff.data ?? null, isRolloutRunning })}
      confirmLabel={TITLES[command]}
      isDangerous={DANGEROUS.has(command)}
      reason="optional"
      isPending={send.isPending || (choosesRelease(command) && target === null)}
      error={send.error}
      fields={FIELDS}
      onConfirm={(reason) => send.mutate(reason)}
    >
      {isOutdated && (
        <Button onClick={onReload} variant="primary">
          Read it again and decide anew
        </Button>
      )}
      <ChangeInstead error={send.error} model={seen.model} kind="activate" {...(target !== null && { release: target })} />
      {choosesRelease(command) && (
        <SelectField
          name="release"
          label="Release"
          value={chosen ?? ''}
          onChange={(event) => setChosen(event.target.value === '' ? null : event.target.value)}
          choices={[{ value: '', label: 'Choose one' }, ...choices.map(({ releaseId: id, summary }) => ({ value: id, label: `${shortId(id)} · ${summary === '' ? 'first release' : summary}` }))]}
        />
      )}
      {(command === 'start-canary' || command === 'change-share') && <ShareField label="Share of the requests" value={share} onChange={setShare} />}
      {command === 'start-shadow' && <ShareField label="Share of the answers" value={share} onChange={setShare} />}
      {command === 'start-canary' && (
        <>
          <SelectField
            name="stickyBy"
            label="What stays on one side"
            value={stickyBy}
            onChange={(event) => setStickyBy(event.target.value as typeof stickyBy)}
            choices={[
              { value: 'session', label: 'All requests of a session' },
              { value: 'key', label: 'All requests of an account' },
              { value: 'request', label: 'Nothing: each request is drawn for itself' },
            ]}
          />
          <fieldset className="grid grid-cols-3 gap-2">
            <legend className="mb-1 text-xs font-medium text-ink-soft">Only requests with these labels; empty: any</legend>
            {(['tenant', 'task', 'language'] as const).map((name) => (
              <TextField key={name} name={name} label={name} maxLength={256} value={segment[name]} onChange={(event) => setSegment({ ...segment, [name]: event.target.value })} />
            ))}
          </fieldset>
          <RouteSliceFields path="routeSlice" draft={slice} onChange={setSlice} hint="Each drawn request costs a run of its prompt on the stable release first." />
        </>
      )}
      {command === 'roll-back' && (
        <SelectField
          name="part"
          label="What goes back"
          value={part}
          onChange={(event) => setPart(event.target.value as CommandPlan['part'])}
          choices={[
            { value: 'all', label: 'The whole release' },
            { value: 'routers', label: 'Only the routers and routing settings' },
            { value: 'experts', label: 'Only the experts' },
          ]}
        />
      )}
    </Confirm>
  );
}
