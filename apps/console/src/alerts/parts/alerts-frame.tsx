import { type ReactNode } from 'react';
import { LinkTabs } from '../../ui/link-tabs.tsx';
import { Page } from '../../ui/page.tsx';

const TABS = [
  { to: '/alerts', label: 'Active' },
  { to: '/alerts/history', label: 'History' },
  { to: '/alerts/silences', label: 'Silences' },
  { to: '/alerts/rules', label: 'Rules' },
  { to: '/alerts/receivers', label: 'Receivers' },
  { to: '/alerts/policy', label: 'Who is told' },
  { to: '/alerts/detection', label: 'Detection' },
] as const;

/** What stands around each list of this area. */
export function AlertsFrame({ tab, lead, actions, children }: { readonly tab: string; readonly lead?: ReactNode; readonly actions?: ReactNode; readonly children: ReactNode }) {
  return (
    <Page title={tab === 'Active' ? 'Alerts' : `${tab} · Alerts`} heading="Alerts" lead={lead} actions={actions}>
      <LinkTabs label="Parts of alerts" tabs={TABS.map((one) => ({ ...one, search: {} }))} />
      {children}
    </Page>
  );
}
