import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const playgroundRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/playground', component: lazyRouteComponent(() => import('./playground-page.tsx'), 'PlaygroundPage') })] as const;
