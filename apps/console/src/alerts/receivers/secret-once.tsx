import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CopyButton } from '../../ui/short-id.tsx';

/** A secret, now and never again: it is held in memory until this closes. */
export function SecretOnce({ name, secret, note, onClose }: { readonly name: string; readonly secret: string; readonly note: string; readonly onClose: () => void }) {
  return (
    <Dialog isOpen onClose={onClose} title={`The secret of ${name}`} lead="Copy it now into whatever checks the signatures. It is not shown again; a new one can be made.">
      <div className="flex items-center gap-2 rounded-md border border-line bg-canvas p-3">
        <code data-secret className="min-w-0 flex-1 font-mono text-sm break-all">
          {secret}
        </code>
        <CopyButton text={secret} label="Copy the secret" />
      </div>
      <p className="mt-2 text-xs text-ink-soft">{note}</p>
      <div className="mt-4 flex justify-end">
        <Button variant="primary" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}
