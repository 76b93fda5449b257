import { Link, useSearch } from '@tanstack/react-router';
import { useMay } from '../../session/session.ts';
import { useModel } from '../../shell/scope.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { RoutingTabs } from '../routing-tabs.tsx';
import { CapacityCard } from './capacity-card.tsx';
import { PlacementCard } from './placement-card.tsx';
import { type PlanSearch } from './plan-search.ts';

/** What recorded traffic asks for: where to put experts, which to copy, what a capacity would drop. Looking changes nothing. */
export function PlansPage() {
  const model = useModel();
  return (
    <Page title="Plans · Routing" heading="Routing" lead="What the recorded traffic of the chosen time asks for. A plan changes nothing: what follows from it goes through a change request.">
      <RoutingTabs />
      {model === undefined ? (
        <Loading rows={8} />
      ) : model === null ? (
        <Empty title="No model is served yet" action={<ButtonLink to="/releases">Go to releases</ButtonLink>}>
          A plan is made of recorded traffic: activate a release and send some requests.
        </Empty>
      ) : (
        <Plans key={model} model={model} />
      )}
    </Page>
  );
}

function Plans({ model }: { readonly model: string }) {
  const { release } = useSearch({ strict: false }) as PlanSearch;
  const mayReadTraces = useMay('traces');
  return (
    <>
      <PlacementCard model={model} />
      {mayReadTraces ? (
        <CapacityCard key={release ?? ''} model={model} release={release} />
      ) : (
        <Card title="What a capacity would drop">
          <Empty title="You may not see this">It reads traces of single requests, which takes the permission traces.</Empty>
        </Card>
      )}
      <Card title="Balance by a router bias">
        <p className="text-sm">
          What a bias on the selection would do to balance and to quality is measured by an evaluation of the kind recalibration: <Link to="/evaluations/new" className="underline">start one</Link>.
        </p>
      </Card>
    </>
  );
}
