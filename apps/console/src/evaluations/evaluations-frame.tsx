import { FlaskConical } from 'lucide-react';
import { type ReactNode } from 'react';
import { useMay } from '../session/session.ts';
import { ButtonLink } from '../ui/button.tsx';
import { LinkTabs } from '../ui/link-tabs.tsx';
import { Page } from '../ui/page.tsx';
import { type StartSearch } from './evaluation-search.ts';

/** What the tabs of Evaluations share: the title, the tabs, and the way to a new run. */
export function EvaluationsFrame({ title, lead, start = {}, children }: { readonly title: string; readonly lead: string; readonly start?: StartSearch; readonly children: ReactNode }) {
  const mayStart = useMay('propose');
  return (
    <Page
      title={title}
      lead={lead}
      actions={
        mayStart && (
          <ButtonLink to="/evaluations/new" search={start} variant="primary" icon={<FlaskConical size={15} aria-hidden />}>
            Start an evaluation
          </ButtonLink>
        )
      }
    >
      <LinkTabs
        label="Parts of evaluations"
        tabs={[
          { to: '/evaluations', label: 'Runs' },
          { to: '/evaluations/suites', label: 'Suites' },
        ]}
      />
      {children}
    </Page>
  );
}
