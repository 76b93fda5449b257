import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseEvaluations, parseStart } from './evaluation-search.ts';

const getParentRoute = () => shellRoute;

export const evaluationsRoutes = [
  createRoute({ getParentRoute, path: '/evaluations', validateSearch: parseEvaluations, component: lazyRouteComponent(() => import('./list/evaluations-page.tsx'), 'EvaluationsPage') }),
  createRoute({ getParentRoute, path: '/evaluations/new', validateSearch: parseStart, component: lazyRouteComponent(() => import('./start/start-page.tsx'), 'StartPage') }),
  createRoute({ getParentRoute, path: '/evaluations/suites', component: lazyRouteComponent(() => import('./suites/suites-page.tsx'), 'SuitesPage') }),
  createRoute({ getParentRoute, path: '/evaluations/suites/$digest', component: lazyRouteComponent(() => import('./suites/suite-page.tsx'), 'SuitePage') }),
  createRoute({ getParentRoute, path: '/evaluations/$evaluationId', component: lazyRouteComponent(() => import('./run/run-page.tsx'), 'RunPage') }),
] as const;
