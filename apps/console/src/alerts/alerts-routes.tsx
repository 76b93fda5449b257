import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const alertsRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/alerts', component: lazyRouteComponent(() => import('./alerts-page.tsx'), 'AlertsPage') })] as const;
