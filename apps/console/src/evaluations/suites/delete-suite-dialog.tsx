import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { deleteSuiteMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { tellDone } from '../../ui/toasts.tsx';

/** Asks before a suite is deleted. */
export function DeleteSuiteDialog({ digest, name, onClose }: { readonly digest: string; readonly name: string; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const remove = useMutation({
    ...deleteSuiteMutation(),
    onSuccess: async () => {
      tellDone('The suite is deleted');
      // Away first: the page would ask for what is gone.
      await navigate({ to: '/evaluations/suites' });
      await refresh('evaluations', 'audit');
    },
  });
  return (
    <Confirm
      isOpen
      onClose={onClose}
      title="Delete the suite"
      consequences={[`${name} is gone for good. The file that it came from makes the same suite again.`, 'Its datasets stay; those that no suite asks can be deleted after it.', 'It is refused while runs name it: delete those first.']}
      confirmLabel="Delete the suite"
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ path: { digest } })}
    />
  );
}
