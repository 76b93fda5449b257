import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseCompareSearch, parsePlaygroundSearch } from './playground-search.ts';

export const playgroundRoutes = [
  createRoute({ getParentRoute: () => shellRoute, path: '/playground', validateSearch: parsePlaygroundSearch, component: lazyRouteComponent(() => import('./playground-page.tsx'), 'PlaygroundPage') }),
  createRoute({ getParentRoute: () => shellRoute, path: '/playground/compare', validateSearch: parseCompareSearch, component: lazyRouteComponent(() => import('./compare/compare-page.tsx'), 'ComparePage') }),
] as const;
