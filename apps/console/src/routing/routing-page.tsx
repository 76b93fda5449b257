import { OutOfServiceStrip } from '../experts/out-of-service.tsx';
import { useModel } from '../shell/scope.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Loading } from '../ui/states.tsx';
import { CompareChoice, OtherFields } from './compare/compare-fields.tsx';
import { ComparisonView } from './compare/comparison-view.tsx';
import { CutFields } from './cut-fields.tsx';
import { InformationCard } from './information-card.tsx';
import { LayerCard } from './layer/layer-card.tsx';
import { LayersCard } from './layer/layers-card.tsx';
import { MapCard } from './map-card.tsx';
import { RoutingTabs } from './routing-tabs.tsx';
import { OverTimeCard } from './time/over-time-card.tsx';
import { useCells } from './use-cells.ts';
import { useRoutingSearch } from './use-routing.ts';

/** Where tokens go, by layer and expert, over time, and in which requests otherwise. */
export function RoutingPage() {
  const model = useModel();
  return (
    <Page title="Routing" lead="Which experts the routers choose, in each layer: against an even share, the baseline, or any other traffic.">
      <RoutingTabs />
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
  const { compare, layer } = useRoutingSearch();
  const cells = useCells(model, 'ideal').shown?.cells;
  const hasTraffic = cells !== undefined && cells !== null && cells.layers.length > 0;
  return (
    <>
      <OutOfServiceStrip model={model} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2" role="group" aria-label="What is shown">
        <CutFields model={model} side="one" />
        <CompareChoice />
      </div>
      {compare === 'other' && <OtherFields model={model} />}
      {compare === undefined ? <MapCard model={model} /> : <ComparisonView model={model} />}
      {layer !== undefined && <LayerCard model={model} layer={layer} />}
      {hasTraffic && (
        <>
          <OverTimeCard model={model} layers={cells.layers} experts={cells.experts} />
          <div className="grid items-start gap-4 2xl:grid-cols-2">
            <LayersCard model={model} />
            <InformationCard model={model} />
          </div>
        </>
      )}
    </>
  );
}
