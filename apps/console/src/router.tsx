import { createRouter } from '@tanstack/react-router';
import { alertsRoutes } from './alerts/alerts-routes.tsx';
import { auditRoutes } from './audit/audit-routes.tsx';
import { changesRoutes } from './changes/changes-routes.tsx';
import { evaluationsRoutes } from './evaluations/evaluations-routes.tsx';
import { expertsRoutes } from './experts/experts-routes.tsx';
import { overviewRoutes } from './overview/overview-routes.tsx';
import { playgroundRoutes } from './playground/playground-routes.tsx';
import { releasesRoutes } from './releases/releases-routes.tsx';
import { requestsRoutes } from './requests/requests-routes.tsx';
import { routingRoutes } from './routing/routing-routes.tsx';
import { settingsRoutes } from './settings/settings-routes.tsx';
import { rootRoute, shellRoute, signInRoute } from './shell/root-route.tsx';

const routeTree = rootRoute.addChildren([
  signInRoute,
  shellRoute.addChildren([
    ...overviewRoutes,
    ...routingRoutes,
    ...expertsRoutes,
    ...requestsRoutes,
    ...playgroundRoutes,
    ...releasesRoutes,
    ...evaluationsRoutes,
    ...changesRoutes,
    ...alertsRoutes,
    ...auditRoutes,
    ...settingsRoutes,
  ]),
]);

export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
