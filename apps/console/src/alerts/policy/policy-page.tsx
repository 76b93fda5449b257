import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getNotificationPolicyOptions, listReceiversOptions, putNotificationPolicyMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { problemOf } from '../../api/problem.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/states.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { AlertsFrame } from '../parts/alerts-frame.tsx';
import { draftOfPolicy } from './policy-draft.ts';
import { PolicyEditor } from './policy-editor.tsx';
import { PolicyTree } from './policy-tree.tsx';

/** Who is told of what. */
export function PolicyPage() {
  const mayOperate = useMay('operate');
  const [isEditing, setEditing] = useState(false);
  const policy = useQuery({ ...getNotificationPolicyOptions(), staleTime: isEditing ? Infinity : 15_000 });
  const receivers = useQuery(listReceiversOptions({ query: { limit: 200 } })).data?.items ?? [];
  const save = useMutation({
    ...putNotificationPolicyMutation(),
    onSuccess: async () => {
      setEditing(false);
      tellDone('Saved', 'It holds from the next evaluation on.');
      await refresh('alerts');
    },
  });
  const isStale = save.error !== null && problemOf(save.error, undefined).status === 412;
  return (
    <AlertsFrame
      tab="Who is told"
      actions={
        mayOperate &&
        !isEditing && (
          <Button variant="primary" disabled={policy.data === undefined} onClick={() => setEditing(true)}>
            Change who is told
          </Button>
        )
      }
    >
      <Loaded query={policy} rows={8}>
        {(data) =>
          isEditing ? (
            <>
              {isStale && (
                <div role="status" className="flex flex-wrap items-center gap-3 rounded-md border border-warn/40 bg-warn-soft px-3 py-2 text-sm">
                  <span>Someone else changed it since you began. What you typed is still here; loading theirs drops it.</span>
                  <Button size="small" onClick={() => void policy.refetch().then(() => save.reset())}>
                    Load their version
                  </Button>
                </div>
              )}
              <PolicyEditor
                key={data.generation}
                initial={draftOfPolicy(data)}
                receivers={receivers}
                error={save.error}
                isSaving={save.isPending}
                onCancel={() => {
                  setEditing(false);
                  save.reset();
                }}
                onSave={(body) => save.mutate({ headers: { 'if-match': `"${data.generation}"` }, body })}
              />
            </>
          ) : (
            <PolicyTree policy={data} receivers={receivers} />
          )
        }
      </Loaded>
    </AlertsFrame>
  );
}
