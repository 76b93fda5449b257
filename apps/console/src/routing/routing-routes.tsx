import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const routingRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/routing', component: lazyRouteComponent(() => import('./routing-page.tsx'), 'RoutingPage') })] as const;
