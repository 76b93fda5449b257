import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parsePlan } from './plans/plan-search.ts';
import { parseRoutingSearch } from './routing-search.ts';

export const routingRoutes = [
  createRoute({ getParentRoute: () => shellRoute, path: '/routing', validateSearch: parseRoutingSearch, component: lazyRouteComponent(() => import('./routing-page.tsx'), 'RoutingPage') }),
  createRoute({ getParentRoute: () => shellRoute, path: '/routing/plans', validateSearch: parsePlan, component: lazyRouteComponent(() => import('./plans/plans-page.tsx'), 'PlansPage') }),
] as const;
