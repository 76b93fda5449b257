import { createRootRoute, createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { requireSession } from '../session/session.ts';
import { parseSignIn } from '../session/sign-in-search.ts';
import { Empty, Failed, Loading } from '../ui/states.tsx';
import { Toasts } from '../ui/toasts.tsx';
import { parseScope } from './scope.ts';
import { Shell } from './shell.tsx';

export const rootRoute = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toasts />
    </>
  ),
  notFoundComponent: () => <Empty title="There is no such view">Choose one from the list of views.</Empty>,
});

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: parseSignIn,
  component: lazyRouteComponent(() => import('../session/sign-in.tsx'), 'SignIn'),
});

/** Parent of all views: signed in, with the shell around, and the scope in the address. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  validateSearch: parseScope,
  search: {
    middlewares: [
      // Model and time stay when one goes from view to view.
      ({ search, next }) => {
        const { model, range, from, to } = search;
        return { ...(model !== undefined && { model }), ...(range !== undefined && { range }), ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...next(search) };
      },
    ],
  },
  beforeLoad: requireSession,
  component: Shell,
  pendingComponent: () => <Loading rows={8} />,
  errorComponent: ({ error, reset }) => (
    <div className="p-6">
      <Failed error={error} onRetry={reset} />
    </div>
  ),
});
