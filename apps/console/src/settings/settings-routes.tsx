import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';

const settingsRoute = createRoute({ getParentRoute: () => shellRoute, path: '/settings', component: lazyRouteComponent(() => import('./settings-page.tsx'), 'SettingsPage') });
const getParentRoute = () => settingsRoute;

export const settingsRoutes = [
  settingsRoute.addChildren([
    createRoute({ getParentRoute, path: '/', component: lazyRouteComponent(() => import('./own-account.tsx'), 'OwnAccount') }),
    createRoute({ getParentRoute, path: '/accounts', component: lazyRouteComponent(() => import('./accounts.tsx'), 'Accounts') }),
    createRoute({ getParentRoute, path: '/accounts/$accountId', component: lazyRouteComponent(() => import('./account.tsx'), 'AccountView') }),
    createRoute({ getParentRoute, path: '/keys', component: lazyRouteComponent(() => import('./all-keys.tsx'), 'AllKeys') }),
    createRoute({ getParentRoute, path: '/roles', component: lazyRouteComponent(() => import('./roles.tsx'), 'Roles') }),
    createRoute({ getParentRoute, path: '/tenants', component: lazyRouteComponent(() => import('./tenants.tsx'), 'Tenants') }),
    createRoute({ getParentRoute, path: '/limits', component: lazyRouteComponent(() => import('./limits.tsx'), 'Limits') }),
    createRoute({ getParentRoute, path: '/sign-in', component: lazyRouteComponent(() => import('./sign-in-settings.tsx'), 'SignInSettings') }),
  ]),
] as const;
