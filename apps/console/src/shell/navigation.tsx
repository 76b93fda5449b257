import { Link } from '@tanstack/react-router';
import { Bell, ClipboardList, FileClock, FlaskConical, GitBranch, GitPullRequestArrow, Grid3x3, LayoutDashboard, MessageSquareText, Settings } from 'lucide-react';
import { type Permission, useMe } from '../session/session.ts';

interface Place {
  readonly to: string;
  readonly label: string;
  readonly Icon: typeof Bell;
  /** Shown only to those who may read it. */
  readonly needs?: Permission;
}

const PLACES: readonly Place[] = [
  { to: '/', label: 'Overview', Icon: LayoutDashboard },
  { to: '/routing', label: 'Routing', Icon: Grid3x3 },
  { to: '/requests', label: 'Requests', Icon: ClipboardList },
  { to: '/playground', label: 'Playground', Icon: MessageSquareText, needs: 'inference' },
  { to: '/releases', label: 'Releases', Icon: GitBranch },
  { to: '/evaluations', label: 'Evaluations', Icon: FlaskConical },
  { to: '/changes', label: 'Changes', Icon: GitPullRequestArrow },
  { to: '/alerts', label: 'Alerts', Icon: Bell },
  { to: '/audit', label: 'Audit', Icon: FileClock, needs: 'audit' },
  { to: '/settings', label: 'Settings', Icon: Settings },
];

/** The views, as a column beside the page or as a row above it on narrow screens. */
export function Navigation() {
  const permissions = useMe()?.permissions ?? [];
  return (
    <nav aria-label="Views" className="flex flex-wrap gap-0.5 px-2 py-1 lg:flex-col lg:flex-nowrap lg:p-2">
      {PLACES.filter(({ needs }) => needs === undefined || permissions.includes(needs)).map(({ to, label, Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          className="flex items-center gap-2.5 rounded-md px-2 py-1 text-sm lg:px-2.5 lg:py-1.5 font-medium whitespace-nowrap text-ink-soft no-underline! hover:bg-raised hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
        >
          <Icon size={16} aria-hidden className="hidden lg:block" />
          {label}
        </Link>
      ))}
    </nav>
  );
}
