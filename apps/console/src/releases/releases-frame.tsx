import { type ReactNode } from 'react';
import { useMay } from '../session/session.ts';
import { LinkTabs } from '../ui/link-tabs.tsx';
import { Page } from '../ui/page.tsx';

const TABS = [
  { to: '/releases', label: 'Serving' },
  { to: '/releases/list', label: 'Releases' },
  { to: '/releases/components', label: 'Components' },
  { to: '/releases/rollouts', label: 'Rollouts' },
] as const;

/** The lists of this area, each a tab with an address of its own. */
export function ReleasesFrame({ tab, actions, children }: { readonly tab: string; readonly actions?: ReactNode; readonly children: ReactNode }) {
  const mayRegister = useMay('registry');
  const tabs = [...TABS, ...(mayRegister ? [{ to: '/releases/imports', label: 'Imports' } as const, { to: '/releases/derivations', label: 'Derivations' } as const] : []), { to: '/releases/trust', label: 'Compatibility and signatures' } as const];
  return (
    <Page title={tab === 'Releases' ? tab : `${tab} · Releases`} heading="Releases" actions={actions}>
      <LinkTabs label="Releases" tabs={tabs} />
      {children}
    </Page>
  );
}
