import { Link } from '@tanstack/react-router';
import { useModel, useModels } from '../shell/scope.ts';
import { useMay } from '../session/session.ts';
import { Page } from '../ui/page.tsx';
import { Empty, Loading } from '../ui/states.tsx';
import { ModelCards } from './model-cards.tsx';
import { ModelOverview } from './model-overview.tsx';

/** Whether the routes are healthy, in five seconds. */
export function OverviewPage() {
  const models = useModels();
  const model = useModel();
  return (
    <Page title="Overview">
      {model === undefined || models === undefined ? (
        <Loading rows={8} />
      ) : model === null ? (
        <NoModel />
      ) : (
        <>
          {models.length > 1 && <ModelCards models={models} chosen={model} />}
          <ModelOverview key={model} model={model} />
        </>
      )}
    </Page>
  );
}

function NoModel() {
  const mayImport = useMay('registry');
  return (
    <Empty title="No model is served yet">
      {mayImport ? (
        <>
          Import a checkpoint folder under <Link to="/releases/imports" className="underline">Releases, Imports</Link>, or by <code>signalbox import FOLDER --model NAME --activate</code>.
        </>
      ) : (
        'Ask who may import models to bring one in.'
      )}
    </Empty>
  );
}
