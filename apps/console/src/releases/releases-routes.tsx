import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const releasesRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/releases', component: lazyRouteComponent(() => import('./releases-page.tsx'), 'ReleasesPage') })] as const;
