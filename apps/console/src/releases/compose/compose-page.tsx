import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { getActivationOptions, getReleaseOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useMay } from '../../session/session.ts';
import { useModel, useSetSearch } from '../../shell/scope.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { NotAllowed } from '../../ui/not-allowed.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Loaded, Loading } from '../../ui/states.tsx';
import { BackLink } from '../back-link.tsx';
import { type ComposeDraft, draftOf, searchOf } from './compose-draft.ts';
import { ComposeForm } from './compose-form.tsx';

/** The form that makes a release of component versions that are there. The address holds what is filled in. */
export function ComposePage() {
  const { base } = useSearch({ from: '/shell/releases/new' });
  // As the page was opened: from then on the form says which base it is.
  const [named] = useState(base);
  const mayRegister = useMay('registry');
  return (
    <Page title="Compose a release" lead={<BackLink label="Releases" to="/releases/list" />}>
      {!mayRegister ? <NotAllowed permission="registry">Composing puts component versions together to another release.</NotAllowed> : named === undefined ? <OfModel /> : <OfBase base={named} />}
    </Page>
  );
}

/** A base that the address names decides which model it is about. */
function OfBase({ base }: { readonly base: string }) {
  const query = useQuery(getReleaseOptions({ path: { releaseId: base } }));
  return (
    <>
      <Loaded query={query} rows={8}>
        {({ manifest }) => <WithDraft model={manifest.model} base={base} />}
      </Loaded>
      {query.error !== null && (
        <div>
          <ButtonLink to="/releases/list">Choose another release</ButtonLink>
        </div>
      )}
    </>
  );
}

/** Without one it begins with what serves. */
function OfModel() {
  const model = useModel();
  const query = useQuery({ ...getActivationOptions({ path: { model: model ?? '' } }), enabled: typeof model === 'string' });
  if (model === undefined) return <Loading rows={8} />;
  if (model === null) {
    return (
      <Empty title="No model is served yet" action={<ButtonLink to="/releases/imports">Import a checkpoint</ButtonLink>}>
        A release is composed out of another one: the first of a model is imported.
      </Empty>
    );
  }
  return (
    <Loaded query={query} rows={8}>
      {({ releaseId }) => <WithDraft key={model} model={model} base={releaseId ?? ''} />}
    </Loaded>
  );
}

function WithDraft({ model, base }: { readonly model: string; readonly base: string }) {
  const search = useSearch({ from: '/shell/releases/new' });
  const setSearch = useSetSearch();
  const [draft, setDraft] = useState(() => draftOf(search, base));
  const change = (next: ComposeDraft): void => {
    setDraft(next);
    const { replace, routersFrom, expertsFrom, gating, topK, normalise, settings } = searchOf(next);
    setSearch({ base: next.base === '' ? undefined : next.base, replace, routersFrom, expertsFrom, gating, topK, normalise, settings });
  };
  return <ComposeForm model={model} draft={draft} onChange={change} />;
}
