import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shellRoute } from '../shell/root-route.tsx';
import { parseFilters } from './parts/filters.ts';

const under = { getParentRoute: () => shellRoute, validateSearch: parseFilters } as const;

/** Alerts: their tabs, and a page for each alert, rule and receiver. */
export const alertsRoutes = [
  createRoute({ ...under, path: '/alerts', component: lazyRouteComponent(() => import('./active/active-page.tsx'), 'ActivePage') }),
  createRoute({ ...under, path: '/alerts/history', component: lazyRouteComponent(() => import('./history/history-page.tsx'), 'HistoryPage') }),
  createRoute({ ...under, path: '/alerts/silences', component: lazyRouteComponent(() => import('./silences/silences-page.tsx'), 'SilencesPage') }),
  createRoute({ ...under, path: '/alerts/rules', component: lazyRouteComponent(() => import('./rules/rules-page.tsx'), 'RulesPage') }),
  createRoute({ ...under, path: '/alerts/rules/new', component: lazyRouteComponent(() => import('./rules/new-rule-page.tsx'), 'NewRulePage') }),
  createRoute({ ...under, path: '/alerts/rules/$ruleId', component: lazyRouteComponent(() => import('./rules/rule-page.tsx'), 'RulePage') }),
  createRoute({ ...under, path: '/alerts/receivers', component: lazyRouteComponent(() => import('./receivers/receivers-page.tsx'), 'ReceiversPage') }),
  createRoute({ ...under, path: '/alerts/receivers/$receiverId', component: lazyRouteComponent(() => import('./receivers/receiver-page.tsx'), 'ReceiverPage') }),
  createRoute({ ...under, path: '/alerts/policy', component: lazyRouteComponent(() => import('./policy/policy-page.tsx'), 'PolicyPage') }),
  createRoute({ ...under, path: '/alerts/detection', component: lazyRouteComponent(() => import('./detection/detection-page.tsx'), 'DetectionPage') }),
  createRoute({ ...under, path: '/alerts/$alertId', component: lazyRouteComponent(() => import('./finding/alert-page.tsx'), 'AlertPage') }),
] as const;
