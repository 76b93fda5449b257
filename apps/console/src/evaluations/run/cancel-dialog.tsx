import { useMutation } from '@tanstack/react-query';
import { cancelEvaluationMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Evaluation } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { progressInWords } from '../run-words.ts';

/** Asks before a run is ended. */
export function CancelDialog({ run, onClose }: { readonly run: Evaluation; readonly onClose: () => void }) {
  const cancel = useMutation({
    ...cancelEvaluationMutation(),
    onSuccess: () => {
      tellDone('The evaluation is cancelled');
      onClose();
    },
    onSettled: () => refresh('evaluations', 'audit'),
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title="Cancel the evaluation"
      consequences={[`It ends without a verdict. So far: ${progressInWords(run)}`, 'What it has measured is kept: an equal run goes on from there.', 'Nothing that serves is changed.']}
      confirmLabel="Cancel the evaluation"
      isDangerous
      isPending={cancel.isPending}
      error={cancel.error}
      onConfirm={() => cancel.mutate({ path: { evaluationId: run.id } })}
    />
  );
}
