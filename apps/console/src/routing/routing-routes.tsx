import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseRoutingSearch } from './routing-search.ts';

export const routingRoutes = [
  createRoute({ getParentRoute: () => shellRoute, path: '/routing', validateSearch: parseRoutingSearch, component: lazyRouteComponent(() => import('./routing-page.tsx'), 'RoutingPage') }),
] as const;
