import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseAuditSearch } from './audit-search.ts';

const getParentRoute = () => shellRoute;

export const auditRoutes = [
  createRoute({ getParentRoute, path: '/audit', validateSearch: parseAuditSearch, component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage') }),
  createRoute({ getParentRoute, path: '/audit/entries/$entryId', component: lazyRouteComponent(() => import('./entry-page.tsx'), 'EntryPage') }),
  createRoute({ getParentRoute, path: '/audit/proof', component: lazyRouteComponent(() => import('./proof-page.tsx'), 'ProofPage') }),
] as const;
