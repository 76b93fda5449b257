import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { createReleaseMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ReleasePreview, type ReleaseRequest } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { TextAreaField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { DiffView } from '../release/diff-view.tsx';
import { ReleaseLink } from '../release-link.tsx';

/** What would be made, and the button that makes it. */
export function ComposeResult({ preview: { order, releaseId, exists, diff } }: { readonly preview: ReleasePreview & { readonly order: ReleaseRequest } }) {
  const navigate = useNavigate();
  const create = useMutation({
    ...createReleaseMutation(),
    onSuccess: async (made) => {
      tellDone(made.created ? `Release ${shortId(made.releaseId)} is made` : 'A release of this content was there already', 'It does not answer until it is activated.');
      await refresh('releases', 'registry', 'audit');
      await navigate({ to: '/releases/$releaseId', params: { releaseId: made.releaseId } });
    },
  });
  return (
    <section aria-label="What it would change" className="flex flex-col gap-4">
      {releaseId === diff.against ? (
        <Card title="Nothing would change">
          <p className="text-sm">This is the base itself: exchange a component or change a setting first.</p>
        </Card>
      ) : (
        <DiffView diff={diff} />
      )}
      {exists && releaseId !== diff.against && (
        <Card title="It is there already">
          <p className="text-sm">
            A release of exactly this content is <ReleaseLink releaseId={releaseId} />. Its note stays as it is.
          </p>
        </Card>
      )}
      {!exists && (
        <Card title="Make it" lead={`Release ${shortId(releaseId)}, made from ${shortId(diff.against)}. Nothing is written yet, and it does not answer until it is activated.`}>
          <ProblemForm error={create.error} fields={['note']} label="Make the release" onSubmit={(data) => create.mutate({ body: { ...order, note: textOf(data, 'note') ?? '' } })}>
            <TextAreaField name="note" label="Note: what it is for and why, for people" rows={3} maxLength={2000} />
            <div className="flex justify-end">
              <Button type="submit" variant="primary" disabled={create.isPending}>
                {create.isPending ? 'Working…' : 'Create the release'}
              </Button>
            </div>
          </ProblemForm>
        </Card>
      )}
    </section>
  );
}
