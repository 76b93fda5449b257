import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { isMonth } from './month-grid.ts';
import { parseDraftSearch } from './draft-search.ts';
import { parseQueueSearch } from './queue-search.ts';
import { parseReviewsSearch } from './reviews-search.ts';

const parent = { getParentRoute: () => shellRoute } as const;

export const changesRoutes = [
  createRoute({ ...parent, path: '/changes', validateSearch: parseQueueSearch, component: lazyRouteComponent(() => import('./queue-page.tsx'), 'QueuePage') }),
  createRoute({ ...parent, path: '/changes/new', validateSearch: parseDraftSearch, component: lazyRouteComponent(() => import('./new-change-page.tsx'), 'NewChangePage') }),
  createRoute({
    ...parent, path: '/changes/calendar', validateSearch: ({ month }: Record<string, unknown>): { month?: string } => (isMonth(month) ? { month } : {}),
    component: lazyRouteComponent(() => import('./calendar-page.tsx'), 'CalendarPage'),
  }),
  createRoute({ ...parent, path: '/changes/reviews', validateSearch: parseReviewsSearch, component: lazyRouteComponent(() => import('./reviews-page.tsx'), 'ReviewsPage') }),
  createRoute({ ...parent, path: '/changes/policy', component: lazyRouteComponent(() => import('./policy-page.tsx'), 'PolicyPage') }),
  createRoute({ ...parent, path: '/changes/data-rules', component: lazyRouteComponent(() => import('./data-rules-page.tsx'), 'DataRulesPage') }),
  createRoute({ ...parent, path: '/changes/$changeId', component: lazyRouteComponent(() => import('./change-page.tsx'), 'ChangePage') }),
  createRoute({ ...parent, path: '/changes/$changeId/edit', component: lazyRouteComponent(() => import('./edit-change-page.tsx'), 'EditChangePage') }),
  createRoute({ ...parent, path: '/changes/$changeId/dossier', component: lazyRouteComponent(() => import('./dossier-page.tsx'), 'DossierPage') }),
] as const;
