import { useWindow } from '../shell/scope.ts';
import { formatCount, formatPercent } from '../ui/format.ts';
import { Failed, Loaded } from '../ui/states.tsx';
import { AlertsCard } from './alerts-card.tsx';
import { AnswerChecksCard } from './answer-checks-card.tsx';
import { useAnnotations } from './annotations.ts';
import { BalanceCard } from './balance-card.tsx';
import { ChangesCard } from './changes-card.tsx';
import { HealthBanner } from './health-banner.tsx';
import { type HealthFacts, healthOf } from './health.ts';
import { ServingCard } from './serving-card.tsx';
import { TrafficCard } from './traffic-card.tsx';
import { useModelFacts } from './use-model-facts.ts';
import { WhatChangedCard } from './what-changed-card.tsx';

/** Everything about one model at a glance. */
export function ModelOverview({ model }: { readonly model: string }) {
  const { facts, activation, figures, alerts, rollout, owed, isBound } = useModelFacts(model);
  const annotations = useAnnotations(model, useWindow());
  const items = annotations.data?.items;
  return (
    <>
      <HealthBanner model={model} health={healthOf(facts)}>
        {inFigures(facts)}
      </HealthBanner>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <Loaded query={figures} rows={8}>
            {(data) => <TrafficCard figures={data} annotations={items} />}
          </Loaded>
          <BalanceCard model={model} stable={facts.activation?.releaseId ?? null} />
          <AnswerChecksCard model={model} />
        </div>
        <div className="grid min-w-0 gap-4 md:grid-cols-2 lg:grid-cols-1">
          <Loaded query={activation} rows={4}>
            {(data) => <ServingCard activation={data} rollout={rollout} />}
          </Loaded>
          {!isBound && (
            <>
              <Loaded query={alerts} rows={2}>
                {({ items: all }) => <AlertsCard model={model} alerts={all} serving={activation.data} />}
              </Loaded>
              <ChangesCard model={model} owed={owed} />
              {annotations.error !== null && items === undefined ? <Failed error={annotations.error} onRetry={() => void annotations.refetch()} /> : items !== undefined && <WhatChangedCard annotations={items} />}
            </>
          )}
        </div>
      </div>
    </>
  );
}

function inFigures({ total, activation }: HealthFacts): string | undefined {
  if (total === undefined || activation === undefined || total.withheld) return undefined;
  const live = activation.observed.filter(({ status }) => status === 'live').length;
  return `${formatCount(total.requests)} requests in this time, ${formatPercent(total.failedShare)} failed; ${live} ${live === 1 ? 'process serves' : 'processes serve'}.`;
}
