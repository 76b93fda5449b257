import { Link, Outlet } from '@tanstack/react-router';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { AccountMenu } from './account-menu.tsx';
import { Navigation } from './navigation.tsx';
import { ScopeBar } from './scope-bar.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** What stands around every view. */
export function Shell() {
  return (
    <div className="flex min-h-dvh flex-col lg:grid lg:grid-cols-[13rem_minmax(0,1fr)] lg:grid-rows-[auto_1fr]">
      <a href="#view" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-surface focus:px-3 focus:py-2">
        Skip to the view
      </a>
      <header className="sticky top-0 z-30 flex items-center justify-between gap-3 border-b border-line bg-surface px-4 py-2 lg:col-span-2">
        <Link to="/" className="flex items-center gap-2 font-semibold tracking-tight text-ink no-underline!">
          <img src="/signalbox.svg" alt="" width={24} height={24} />
          <span className="hidden sm:inline">Signalbox</span>
        </Link>
        <div className="flex min-w-0 items-center gap-2">
          <LiveIndicator />
          <ScopeBar />
          <ThemeSwitch />
          <AccountMenu />
        </div>
      </header>
      <div className="border-b border-line bg-surface lg:border-r lg:border-b-0">
        <div className="lg:sticky lg:top-13">
          <Navigation />
        </div>
      </div>
      <main id="view" tabIndex={-1} className="min-w-0 outline-none">
        <Outlet />
      </main>
    </div>
  );
}
