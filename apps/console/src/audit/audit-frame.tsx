import { type ReactNode } from 'react';
import { useMe } from '../session/session.ts';
import { LinkTabs } from '../ui/link-tabs.tsx';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { Page } from '../ui/page.tsx';

interface AuditFrameProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Whether the viewer may read the log: who is bound to a tenant may not, since it tells of others. */
export function useMayAudit(): boolean {
  const me = useMe();
  return me !== undefined && me.tenant === null && me.permissions.includes('audit');
}

/** The frame of the audit's views; in place of them an explanation for who may not see them. */
export function AuditFrame({ title, lead, actions, children }: AuditFrameProps) {
  const mayAudit = useMayAudit();
  if (!mayAudit) {
    return (
      <Page title={title}>
        <NotAllowed permission="audit">The audit log says who did what, when and why, of everybody.</NotAllowed>
      </Page>
    );
  }
  return (
    <Page title={title} lead={lead} actions={actions}>
      <LinkTabs label="Parts of the audit" tabs={[{ to: '/audit', label: 'Log' }, { to: '/audit/proof', label: 'Proof and export' }]} />
      {children}
    </Page>
  );
}
