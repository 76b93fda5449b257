import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseCompose } from './compose/compose-draft.ts';
import { parseDerivations } from './derivations/derivations-search.ts';
import { parseCandidate, parseCompare, parseComponent, parseComponents, parseServing } from './search.ts';
import { parseTrust } from './trust/trust-search.ts';

const getParentRoute = () => shellRoute;

export const releasesRoutes = [
  createRoute({ getParentRoute, path: '/releases', validateSearch: parseServing, component: lazyRouteComponent(() => import('./serving/serving-page.tsx'), 'ServingPage') }),
  createRoute({ getParentRoute, path: '/releases/list', component: lazyRouteComponent(() => import('./release/releases-page.tsx'), 'ReleasesPage') }),
  createRoute({ getParentRoute, path: '/releases/new', validateSearch: parseCompose, component: lazyRouteComponent(() => import('./compose/compose-page.tsx'), 'ComposePage') }),
  createRoute({ getParentRoute, path: '/releases/compare', validateSearch: parseCompare, component: lazyRouteComponent(() => import('./release/compare-page.tsx'), 'ComparePage') }),
  createRoute({ getParentRoute, path: '/releases/components', validateSearch: parseComponents, component: lazyRouteComponent(() => import('./components/components-page.tsx'), 'ComponentsPage') }),
  createRoute({ getParentRoute, path: '/releases/components/$sha256', validateSearch: parseComponent, component: lazyRouteComponent(() => import('./components/component-page.tsx'), 'ComponentPage') }),
  createRoute({ getParentRoute, path: '/releases/rollouts', component: lazyRouteComponent(() => import('./rollouts/rollouts-page.tsx'), 'RolloutsPage') }),
  createRoute({ getParentRoute, path: '/releases/rollouts/new', validateSearch: parseCandidate, component: lazyRouteComponent(() => import('./rollouts/new-rollout-page.tsx'), 'NewRolloutPage') }),
  createRoute({ getParentRoute, path: '/releases/rollouts/$rolloutId', component: lazyRouteComponent(() => import('./rollouts/rollout-page.tsx'), 'RolloutPage') }),
  createRoute({ getParentRoute, path: '/releases/imports', component: lazyRouteComponent(() => import('./imports/imports-page.tsx'), 'ImportsPage') }),
  createRoute({ getParentRoute, path: '/releases/derivations', validateSearch: parseDerivations, component: lazyRouteComponent(() => import('./derivations/derivations-page.tsx'), 'DerivationsPage') }),
  createRoute({ getParentRoute, path: '/releases/trust', validateSearch: parseTrust, component: lazyRouteComponent(() => import('./trust/trust-page.tsx'), 'TrustPage') }),
  createRoute({ getParentRoute, path: '/releases/$releaseId', component: lazyRouteComponent(() => import('./release/release-page.tsx'), 'ReleasePage') }),
] as const;
