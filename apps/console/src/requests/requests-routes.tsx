import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const requestsRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/requests', component: lazyRouteComponent(() => import('./requests-page.tsx'), 'RequestsPage') })] as const;
