import { type ReactNode } from 'react';
import { useMay } from '../session/session.ts';
import { useModel } from '../shell/scope.ts';
import { LinkTabs } from '../ui/link-tabs.tsx';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Loading } from '../ui/states.tsx';

/** What both views of the playground share: who may be here, and a model to ask. */
export function PlaygroundFrame({ title, lead, children }: { readonly title: string; readonly lead: string; readonly children: (model: string) => ReactNode }) {
  const model = useModel();
  const mayAsk = useMay('inference');
  return (
    <Page title={title} lead={lead}>
      <LinkTabs
        label="Playground"
        tabs={[
          { to: '/playground', label: 'One answer' },
          { to: '/playground/compare', label: 'Two releases side by side' },
        ]}
      />
      {!mayAsk ? (
        <NotAllowed permission="inference">Here a model is asked.</NotAllowed>
      ) : model === undefined ? (
        <Loading rows={6} />
      ) : model === null ? (
        <Empty title="No model is served yet">Import a checkpoint and activate its release; it can be asked here as soon as it is loaded.</Empty>
      ) : (
        children(model)
      )}
    </Page>
  );
}
