import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createFeedbackMutation, listFeedbackInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Feedback } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { formatNumber } from '../../ui/format.ts';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';

const SCORES = [
  { value: '', label: 'No score' },
  { value: '1', label: '1, good' },
  { value: '0.75', label: '0.75' },
  { value: '0.5', label: '0.5, neither' },
  { value: '0.25', label: '0.25' },
  { value: '0', label: '0, bad' },
];
const COLUMNS: readonly Column<Feedback>[] = [
  { id: 'at', header: 'Given', isRowHeader: true, cell: ({ at }) => <Time at={at} /> },
  { id: 'score', header: 'Score', align: 'right', cell: ({ score }) => (score === null ? 'none' : formatNumber(score)) },
  { id: 'label', header: 'Label', cell: ({ label }) => label !== null && <Badge><bdi>{label}</bdi></Badge> },
  { id: 'comment', header: 'Comment', cell: ({ comment }) => <bdi className="whitespace-pre-wrap wrap-anywhere">{comment}</bdi> },
  { id: 'by', header: 'By', cell: ({ givenBy, source, kind }) => <span className="wrap-anywhere"><bdi>{source === '' ? givenBy : `${source}, by ${givenBy}`}</bdi>{kind === 'program' && ' (program)'}</span> },
];

/** What was said of the answer, and a way to say something. */
export function FeedbackCard({ requestId }: { readonly requestId: string }) {
  const [isOpen, setOpen] = useState(false);
  const feedback = useInfiniteQuery({ ...listFeedbackInfiniteOptions({ query: { requestId } }), ...byCursor });
  return (
    <Card title="Feedback" lead="How good the answer was, said by people and programs." isFlush actions={<Button size="small" onClick={() => setOpen(true)}>Give feedback</Button>}>
      <PagedTable query={feedback} caption="Feedback on this request" columns={COLUMNS} rowKey={({ id }) => id} empty={<Empty title="No feedback yet">Applications and people send it with the request's id; yours can be the first.</Empty>} />
      {isOpen && <GiveFeedback requestId={requestId} onClose={() => setOpen(false)} />}
    </Card>
  );
}

function GiveFeedback({ requestId, onClose }: { readonly requestId: string; readonly onClose: () => void }) {
  const give = useMutation({
    ...createFeedbackMutation(),
    onSuccess: async () => {
      tellDone('Feedback is kept');
      onClose();
      await refresh('feedback');
    },
  });
  const send = (data: FormData): void => {
    const [score, label, comment] = [textOf(data, 'score'), textOf(data, 'label'), textOf(data, 'comment')];
    give.mutate({ body: { requestId, ...(score !== undefined && { score: Number(score) }), ...(label !== undefined && { label }), ...(comment !== undefined && { comment }) } });
  };
  return (
    <Dialog isOpen onClose={onClose} title="Give feedback" lead="A score, a label, a comment, or more than one of them. Once for each request; it cannot be taken back.">
      <ProblemForm error={give.error} fields={['score', 'label', 'comment']} label="Give feedback" onSubmit={send}>
        <SelectField name="score" label="Score" choices={SCORES} defaultValue="" />
        <TextField name="label" label="Label" maxLength={64} placeholder="wrong-language" hint="A word by which feedback is told apart." />
        <TextAreaField name="comment" label="Comment" maxLength={2000} rows={3} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={give.isPending}>
            {give.isPending ? 'Sending…' : 'Give feedback'}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}
