import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const changesRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/changes', component: lazyRouteComponent(() => import('./changes-page.tsx'), 'ChangesPage') })] as const;
