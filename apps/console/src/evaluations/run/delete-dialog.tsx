import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { deleteEvaluationMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Evaluation } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { tellDone } from '../../ui/toasts.tsx';

/** Asks before a run that has ended is deleted. */
export function DeleteDialog({ run, onClose }: { readonly run: Evaluation; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const remove = useMutation({
    ...deleteEvaluationMutation(),
    onSuccess: async () => {
      tellDone('The evaluation is deleted');
      // Away first: the page would ask for what is gone.
      await navigate({ to: '/evaluations' });
      await refresh('evaluations', 'audit');
    },
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title="Delete the evaluation"
      consequences={[
        run.resultSha256 === null ? 'The run is gone for good. It has no result.' : 'The run and its result are gone for good; the audit log keeps the digest of the result.',
        'What it has measured is kept for a while: an equal run costs little until then.',
        'It is refused where a decision rests on the result, such as a change request.',
      ]}
      confirmLabel="Delete the evaluation"
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ path: { evaluationId: run.id } })}
    />
  );
}
