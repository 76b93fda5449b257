import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

export const expertsRoutes = [createRoute({ getParentRoute: () => shellRoute, path: '/experts/$layer/$expert', component: lazyRouteComponent(() => import('./expert-page.tsx'), 'ExpertPage') })] as const;
