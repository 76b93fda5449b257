import { Plus } from 'lucide-react';
import { type ReactNode } from 'react';
import { useMay } from '../session/session.ts';
import { ButtonLink } from '../ui/button.tsx';
import { LinkTabs } from '../ui/link-tabs.tsx';
import { Page } from '../ui/page.tsx';

/** What the tabs of Changes share: the title, the tabs, and the way to a new request. */
export function ChangesFrame({ title, lead, actions, children }: { readonly title: string; readonly lead: string; readonly actions?: ReactNode; readonly children: ReactNode }) {
  const mayPropose = useMay('propose');
  return (
    <Page
      title={title}
      lead={lead}
      actions={
        <>
          {actions}
          {mayPropose && (
            <ButtonLink to="/changes/new" variant="primary" icon={<Plus size={15} aria-hidden />}>
              New change request
            </ButtonLink>
          )}
        </>
      }
    >
      <LinkTabs
        label="Parts of changes"
        tabs={[
          { to: '/changes', label: 'Queue' },
          { to: '/changes/calendar', label: 'Calendar' },
          { to: '/changes/reviews', label: 'Reviews owed' },
          { to: '/changes/policy', label: 'Policy' },
          { to: '/changes/data-rules', label: 'Data rules' },
        ]}
      />
      {children}
    </Page>
  );
}
