import { Link } from '@tanstack/react-router';
import { type ReactNode } from 'react';

/** Leads to the view of what an entry is about; nothing where there is none. */
export function SubjectLink({ subject, children }: { readonly subject: string; readonly children: ReactNode }) {
  const at = subject.indexOf('/');
  const [kind, id] = [subject.slice(0, at), subject.slice(at + 1)];
  switch (kind) {
    case 'account':
      return <Link to="/settings/accounts/$accountId" params={{ accountId: id }}>{children}</Link>;
    case 'model':
      return <Link to="/releases" search={{ model: id }}>{children}</Link>;
    case 'release':
      return <Link to="/releases/$releaseId" params={{ releaseId: id }}>{children}</Link>;
    case 'component':
      return <Link to="/releases/components/$sha256" params={{ sha256: id }}>{children}</Link>;
    case 'rollout':
      return <Link to="/releases/rollouts/$rolloutId" params={{ rolloutId: id }}>{children}</Link>;
    case 'change':
      return <Link to="/changes/$changeId" params={{ changeId: id }}>{children}</Link>;
    case 'alert':
      return <Link to="/alerts/$alertId" params={{ alertId: id }}>{children}</Link>;
    case 'alert-rule':
      return <Link to="/alerts/rules/$ruleId" params={{ ruleId: id }}>{children}</Link>;
    case 'receiver':
      return <Link to="/alerts/receivers/$receiverId" params={{ receiverId: id }}>{children}</Link>;
    case 'request':
      return <Link to="/requests/$requestId" params={{ requestId: id }}>{children}</Link>;
    default:
      return null;
  }
}
