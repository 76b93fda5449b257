import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseExpertSearch } from './expert-search.ts';

export const expertsRoutes = [
  createRoute({ getParentRoute: () => shellRoute, path: '/experts/$layer/$expert', validateSearch: parseExpertSearch, component: lazyRouteComponent(() => import('./expert-page.tsx'), 'ExpertPage') }),
] as const;
