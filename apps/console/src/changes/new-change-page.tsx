import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { getChangePolicyOptions, getDataRulesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { createChange } from '../api/gen/sdk.gen.ts';
import { type ChangeEdit } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { useMay } from '../session/session.ts';
import { useModel } from '../shell/scope.ts';
import { Page } from '../ui/page.tsx';
import { Empty, Loading } from '../ui/states.tsx';
import { ChangeForm } from './change-form.tsx';
import { typeLabel } from './change-words.ts';
import { type DraftSearch } from './draft-search.ts';
import { pretty, startDraft } from './payload-draft.ts';

/** A new change request. The address can fill it in: ?kind=activate&model=...&release=... */
export function NewChangePage() {
  const { kind, release, sha256, replace, experts, strategy, mode, supersedes } = useSearch({ strict: false }) as DraftSearch;
  const model = useModel();
  const mayPropose = useMay('propose');
  const navigate = useNavigate();
  const rules = useQuery({ ...getDataRulesOptions({ path: { model: model ?? '' } }), enabled: typeof model === 'string' });
  const policy = useQuery(getChangePolicyOptions());
  const create = useMutation({
    mutationFn: async (body: ChangeEdit) => (await createChange({ body: { ...body, ...(supersedes !== undefined && { supersedes }) } })).data,
    onSuccess: async ({ id }) => {
      await refresh('changes');
      await navigate({ to: '/changes/$changeId', params: { changeId: id } });
    },
  });
  const lead = <Link to="/changes">All change requests</Link>;
  if (!mayPropose) {
    return (
      <Page title="New change request" lead={lead}>
        <Empty title="You may not write change requests">That needs the permission propose, which the roles releaser and admin give.</Empty>
      </Page>
    );
  }
  if (model === undefined || policy.isPending || (typeof model === 'string' && rules.isPending)) {
    return (
      <Page title="New change request" lead={lead}>
        <Loading rows={8} />
      </Page>
    );
  }
  // What is in force, to start from.
  const limits = policy.data?.limits;
  const present = {
    ...(rules.data !== undefined && { rules: pretty(rules.data.rules) }),
    ...(policy.data !== undefined && { policies: policy.data.policies }),
    ...(limits !== undefined && Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)]))),
  };
  const first = kind ?? 'activate';
  return (
    <Page title="New change request" lead={lead}>
      <ChangeForm
        initial={{ title: kind === undefined ? '' : typeLabel(first), reason: '', draft: startDraft(first, { ...present, model: model ?? '', releaseId: release, sha256, replace: replace?.replaceAll(',', '\n'), experts: experts?.replaceAll(',', '\n'), strategy, mode }) }}
        startOf={(type, of) => startDraft(type, { ...present, model: of })}
        submitLabel="Create the draft"
        isPending={create.isPending}
        error={create.error}
        note="A draft is written: nothing that serves changes. Then attach evidence and submit it."
        onSubmit={(body) => create.mutate(body)}
      />
    </Page>
  );
}
