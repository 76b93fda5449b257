import { Outlet } from '@tanstack/react-router';
import { useMe } from '../session/session.ts';
import { LinkTabs } from '../ui/link-tabs.tsx';
import { Page } from '../ui/page.tsx';

/** Settings, in parts; only those that the viewer may see are offered. */
export function SettingsPage() {
  const me = useMe();
  const permissions = me?.permissions ?? [];
  const isEverywhere = me?.tenant === null;
  const mayAdminister = permissions.includes('administer') && isEverywhere;
  const mayRead = permissions.includes('read');
  return (
    <Page title="Settings">
      <LinkTabs
        label="Parts of the settings"
        tabs={[
          { to: '/settings', label: 'My account' },
          ...(mayAdminister ? [{ to: '/settings/accounts', label: 'Users and services', activeOptions: { exact: false, includeSearch: false } }, { to: '/settings/keys', label: 'Keys' }] : []),
          { to: '/settings/roles', label: 'Roles' },
          ...(mayRead && isEverywhere ? [{ to: '/settings/tenants', label: 'Tenants' }] : []),
          ...(mayRead ? [{ to: '/settings/limits', label: 'Retention and limits' }, { to: '/settings/sign-in', label: 'Sign-in' }] : []),
        ]}
      />
      <Outlet />
    </Page>
  );
}
