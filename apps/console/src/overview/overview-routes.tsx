import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const overviewRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/', component: lazyRouteComponent(() => import('./overview-page.tsx'), 'OverviewPage') })] as const;
