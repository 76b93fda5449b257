import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { listSuitesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { BackLink } from '../../releases/back-link.tsx';
import { useActivation, useReleases } from '../../releases/serving/use-serving.ts';
import { useMay } from '../../session/session.ts';
import { useModel } from '../../shell/scope.ts';
import { NotAllowed } from '../../ui/not-allowed.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { type StartSearch } from '../evaluation-search.ts';
import { NoSuites } from '../suites/no-suites.tsx';
import { StartForm } from './start-form.tsx';

/** Longest page of the API. */
const PAGE = 200;

/** The form that starts a run. */
export function StartPage() {
  const model = useModel();
  const mayStart = useMay('propose');
  return (
    <Page title="Start an evaluation" lead={<BackLink label="Evaluations" to="/evaluations" />}>
      {!mayStart ? <NotAllowed permission="propose">Starting an evaluation takes time of the machine.</NotAllowed> : model === undefined ? <Loading rows={8} /> : model === null ? <Empty title="No model is served yet">Import a checkpoint first: an evaluation asks one of its releases.</Empty> : <Start key={model} model={model} />}
    </Page>
  );
}

function Start({ model }: { readonly model: string }) {
  const search = useSearch({ from: '/shell/evaluations/new' }) as StartSearch;
  const releases = useReleases(model);
  const activation = useActivation(model);
  const suites = useQuery(listSuitesOptions({ query: { limit: PAGE } }));
  if (suites.error !== null) return <Failed error={suites.error} onRetry={() => void suites.refetch()} />;
  if (activation.error !== null) return <Failed error={activation.error} onRetry={() => void activation.refetch()} />;
  if (releases === undefined || suites.data === undefined || activation.data === undefined) return <Loading rows={8} />;
  if (suites.data.items.length === 0) {
    return (
      <Empty title="There is no suite to run yet">
        <NoSuites />
      </Empty>
    );
  }
  return <StartForm model={model} releases={releases} stable={activation.data.releaseId ?? null} suites={suites.data.items} given={search} />;
}
