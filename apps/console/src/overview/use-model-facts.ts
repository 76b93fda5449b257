import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getActivationOptions, getRequestFiguresOptions, listAlertsOptions, listReviewsOwedOptions, listRolloutsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useWindow } from '../shell/scope.ts';
import { useMe } from '../session/session.ts';
import { stepFor } from './figure-series.ts';
import { type HealthFacts } from './health.ts';

/** As many as the API gives in a page; more alerts than that tell nothing more. */
const MOST = 200;

/** What the overview knows of a model. What belongs to no single tenant is not asked for by viewers bound to one. */
export function useModelFacts(model: string) {
  const window = useWindow();
  const me = useMe();
  const enabled = me !== undefined && me.tenant === null;
  const activation = useQuery(getActivationOptions({ path: { model } }));
  const figures = useQuery({ ...getRequestFiguresOptions({ query: { model, from: window.from, to: window.to, step: stepFor(window) } }), placeholderData: keepPreviousData });
  const alerts = useQuery({ ...listAlertsOptions({ query: { model, limit: MOST } }), enabled });
  const rollouts = useQuery({ ...listRolloutsOptions({ query: { model, limit: 1 } }), enabled });
  const owed = useQuery({ ...listReviewsOwedOptions({ query: { limit: MOST } }), enabled });
  const isBound = me !== undefined && me.tenant !== null;
  const newest = rollouts.data?.items[0];
  const rollout = newest !== undefined && newest.endedAt === null ? newest : null;
  const ownOwed = (owed.data?.items ?? []).filter(({ change }) => change.model === model || change.model === null);
  const facts: HealthFacts = { model, activation: activation.data, alerts: isBound ? [] : alerts.data?.items, total: figures.data?.total, rollout, owed: ownOwed };
  return { facts, activation, figures, alerts, rollout, owed: ownOwed, isBound };
}
