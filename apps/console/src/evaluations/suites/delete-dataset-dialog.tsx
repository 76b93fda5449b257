import { useMutation } from '@tanstack/react-query';
import { deleteDatasetMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Dataset } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { formatCount, shortId } from '../../ui/format.ts';
import { tellDone } from '../../ui/toasts.tsx';

/** Asks before a dataset is deleted. */
export function DeleteDatasetDialog({ dataset: { sha256, items }, onClose }: { readonly dataset: Dataset; readonly onClose: () => void }) {
  const remove = useMutation({
    ...deleteDatasetMutation(),
    onSuccess: async () => {
      tellDone('The dataset is deleted');
      onClose();
      await refresh('evaluations', 'audit');
    },
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title="Delete the dataset"
      consequences={[`${shortId(sha256)} with its ${formatCount(items)} ${items === 1 ? 'item' : 'items'} is gone for good. What results quote of it stays with them.`, 'It is refused while a suite asks it: delete that first.']}
      confirmLabel="Delete the dataset"
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ path: { sha256 } })}
    />
  );
}
