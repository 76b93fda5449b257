import { Toast } from '@base-ui/react/toast';
import { type Note } from './note.ts';

const manager = Toast.createToastManager();
const PROBLEM_MS = 12_000;

export function addToast({ title, description, isProblem }: Note): void {
  manager.add({ title, description, ...(isProblem && { priority: 'high', timeout: PROBLEM_MS }) });
}

export function ToastList() {
  return (
    <Toast.Provider toastManager={manager}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-60 flex w-[calc(100vw-2rem)] flex-col gap-2 sm:w-88">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="rounded-lg border border-line bg-surface p-3 shadow-lg">
      <Toast.Content>
        <Toast.Title className="text-sm font-medium" />
        <Toast.Description className="text-sm text-ink-soft wrap-anywhere" />
        <Toast.Close aria-label="Dismiss" className="mt-1 cursor-pointer text-xs text-accent">
          Dismiss
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
