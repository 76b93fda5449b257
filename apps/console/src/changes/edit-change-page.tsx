import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getChangeOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { editChange } from '../api/gen/sdk.gen.ts';
import { type Change, type ChangeEdit } from '../api/gen/types.gen.ts';
import { Problem } from '../api/problem.ts';
import { refresh } from '../api/query-client.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Failed, Loaded } from '../ui/states.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { ChangeForm } from './change-form.tsx';
import { draftOf } from './payload-draft.ts';

/** Edits a request, or plans it anew. */
export function EditChangePage() {
  const { changeId } = useParams({ strict: false }) as { readonly changeId: string };
  const query = useQuery(getChangeOptions({ path: { changeId } }));
  return (
    <Page
      title="Edit the change request"
      lead={
        <Link to="/changes/$changeId" params={{ changeId }}>
          Back to the request
        </Link>
      }
    >
      <Loaded query={query} rows={8}>
        {(change) => <Editor change={change} />}
      </Loaded>
    </Page>
  );
}

function Editor({ change: newest }: { readonly change: Change }) {
  // What is edited is what was read; where somebody else was faster, that is said and not overwritten.
  const [change, setChange] = useState(newest);
  const navigate = useNavigate();
  const edit = useMutation({
    mutationFn: (body: ChangeEdit) => editChange({ path: { changeId: change.id }, headers: { 'if-match': `"${change.revision}"` }, body }),
    onSuccess: async () => {
      tellDone('Edited', 'All approvals were taken back.');
      await refresh('changes');
      await navigate({ to: '/changes/$changeId', params: { changeId: change.id } });
    },
    onError: () => refresh('changes'),
  });
  const isStale = edit.error instanceof Problem && edit.error.status === 412;
  return (
    <div className="flex flex-col gap-4">
      {isStale && (
        <div className="flex flex-col items-start gap-2">
          <Failed error={edit.error} />
          <Button
            onClick={() => {
              setChange(newest);
              edit.reset();
            }}
          >
            Start again from what is there now
          </Button>
        </div>
      )}
      <ChangeForm
        key={change.revision}
        initial={{ title: change.title, reason: change.reason, draft: draftOf(change.change) }}
        submitLabel="Save and plan it anew"
        isPending={edit.isPending}
        error={isStale ? null : edit.error}
        note="All approvals are taken back, and any schedule. You have a hand in the request from then on and cannot decide over it."
        onSubmit={(body) => edit.mutate(body)}
      />
    </div>
  );
}
