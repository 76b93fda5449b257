import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getNotificationPolicyOptions, listReceiversOptions, putNotificationPolicyMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type NotificationPolicy } from '../../api/gen/types.gen.ts';
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
  // As it was when editing began: news from elsewhere must not drop what was typed.
  const [edited, setEdited] = useState<NotificationPolicy | null>(null);
  const policy = useQuery(getNotificationPolicyOptions());
  const receivers = useQuery(listReceiversOptions({ query: { limit: 200 } })).data?.items ?? [];
  const save = useMutation({
    ...putNotificationPolicyMutation(),
    onSuccess: async () => {
      setEdited(null);
      tellDone('Saved', 'It holds from the next evaluation on.');
      await refresh('alerts');
    },
  });
  const isStale = edited !== null && ((policy.data?.generation ?? 0) > edited.generation || (save.error !== null && problemOf(save.error, undefined).status === 412));
  const takeTheirs = async (): Promise<void> => {
    setEdited((await policy.refetch()).data ?? null);
    save.reset();
  };
  return (
    <AlertsFrame
      tab="Who is told"
      actions={
        mayOperate &&
        edited === null && (
          <Button variant="primary" disabled={policy.data === undefined} onClick={() => setEdited(policy.data ?? null)}>
            Change who is told
          </Button>
        )
      }
    >
      <Loaded query={policy} rows={8}>
        {(data) =>
          edited !== null ? (
            <>
              {isStale && (
                <div role="status" className="flex flex-wrap items-center gap-3 rounded-md border border-warn/40 bg-warn-soft px-3 py-2 text-sm">
                  <span>Someone else changed it since you began. What you typed is still here; loading theirs drops it.</span>
                  <Button size="small" onClick={() => void takeTheirs()}>
                    Load their version
                  </Button>
                </div>
              )}
              <PolicyEditor
                key={edited.generation}
                initial={draftOfPolicy(edited)}
                receivers={receivers}
                error={save.error}
                isSaving={save.isPending}
                onCancel={() => {
                  setEdited(null);
                  save.reset();
                }}
                onSave={(body) => save.mutate({ headers: { 'if-match': `"${edited.generation}"` }, body })}
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
