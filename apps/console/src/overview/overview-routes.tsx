import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const overviewRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/',
    /** `order=distance`: layers that changed most come first. */
    validateSearch: ({ order }: Record<string, unknown>): { order?: 'distance' } => (order === 'distance' ? { order } : {}),
    component: lazyRouteComponent(() => import('./overview-page.tsx'), 'OverviewPage'),
  }),
] as const;
