import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseRequestSearch } from './request-search.ts';
import { parseTraceSearch } from './trace/trace-search.ts';

export const requestsRoutes = [
  createRoute({ getParentRoute: () => shellRoute, path: '/requests', validateSearch: parseRequestSearch, component: lazyRouteComponent(() => import('./list/requests-page.tsx'), 'RequestsPage') }),
  createRoute({ getParentRoute: () => shellRoute, path: '/requests/$requestId', validateSearch: parseTraceSearch, component: lazyRouteComponent(() => import('./one/request-page.tsx'), 'RequestPage') }),
] as const;
