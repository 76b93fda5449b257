import { Lock } from 'lucide-react';
import { type ReactNode } from 'react';

/** In place of what the viewer may not see: what it is, and who can let them. */
export function NotAllowed({ permission, children }: { readonly permission: string; readonly children: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <Lock size={22} className="text-ink-soft" aria-hidden />
      <p className="font-medium">This is not yours to see</p>
      <p className="max-w-prose text-sm text-ink-soft">
        {children} It needs the permission <code className="font-mono">{permission}</code>. An administrator can give you a role that has it.
      </p>
    </div>
  );
}
