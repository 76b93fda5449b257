import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { useModel, useSetSearch } from '../../shell/scope.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Empty, Loaded, Loading } from '../../ui/states.tsx';
import { ReleasesFrame } from '../releases-frame.tsx';
import { type ServingSearch } from '../search.ts';
import { CommandDialog } from './command-dialog.tsx';
import { hindrance } from './command-words.ts';
import { HistoryCard } from './history-card.tsx';
import { ProcessesCard } from './processes-card.tsx';
import { RolesCard } from './roles-card.tsx';
import { useActivation, useNeedsApproval, useReleases, useRunningRollout } from './use-serving.ts';

export function ServingPage() {
  const model = useModel();
  if (model === undefined) {
    return (
      <ReleasesFrame tab="Serving">
        <Loading rows={8} />
      </ReleasesFrame>
    );
  }
  return (
    <ReleasesFrame tab="Serving">
      {model === null ? (
        <Empty title="No model is served yet" action={<ButtonLink to="/releases/imports">Import a checkpoint</ButtonLink>}>
          The first release of a model serves as soon as it is imported.
        </Empty>
      ) : (
        <Serving model={model} />
      )}
    </ReleasesFrame>
  );
}

function Serving({ model }: { readonly model: string }) {
  const query = useActivation(model);
  const releases = useReleases(model);
  const rollout = useRunningRollout(model);
  const needsApproval = useNeedsApproval(model);
  const mayOperate = useMay('operate');
  const { command, release } = useSearch({ from: '/shell/releases' }) as ServingSearch;
  const setSearch = useSetSearch();
  const [round, setRound] = useState(0);
  const close = (): void => setSearch({ command: undefined, release: undefined });
  const reload = async (): Promise<void> => {
    await refresh('models', 'rollouts');
    setRound(round + 1);
  };
  return (
    <Loaded query={query} rows={10}>
      {(activation) => (
        <>
          <RolesCard activation={activation} releases={releases ?? []} rolloutId={rollout?.id ?? null} needsApproval={needsApproval} mayOperate={mayOperate} onCommand={(next) => setSearch({ command: next, release: undefined })} />
          <ProcessesCard activation={activation} />
          <HistoryCard model={model} />
          {command !== undefined && mayOperate && releases !== undefined && hindrance(command, activation) === null && (
            <CommandDialog key={`${command} ${round}`} command={command} activation={activation} releases={releases} release={release ?? null} isRolloutRunning={rollout !== undefined} onClose={close} onReload={() => void reload()} />
          )}
        </>
      )}
    </Loaded>
  );
}
