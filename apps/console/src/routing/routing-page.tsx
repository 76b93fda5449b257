import { useModel } from '../shell/scope.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Loading } from '../ui/states.tsx';
import { MapCard } from './map-card.tsx';
import { CutFields } from './cut-fields.tsx';

/** Where tokens go, by layer and expert, over time, and in which requests otherwise. */
export function RoutingPage() {
  const model = useModel();
  return (
    <Page title="Routing" lead="Which experts the routers choose, in each layer: against an even share, the baseline, or any other traffic.">
      {model === undefined ? (
        <Loading rows={8} />
      ) : model === null ? (
        <Empty title="No model is served yet" action={<ButtonLink to="/releases">Go to releases</ButtonLink>}>
          Import a checkpoint and activate its release; where its tokens go shows here with the first requests.
        </Empty>
      ) : (
        <Views model={model} />
      )}
    </Page>
  );
}

function Views({ model }: { readonly model: string }) {
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2" role="group" aria-label="What is shown">
        <CutFields model={model} side="one" />
      </div>
      <MapCard model={model} />
    </>
  );
}
