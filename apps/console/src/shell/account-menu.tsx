import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { CircleUser } from 'lucide-react';
import { useId, useRef } from 'react';
import { closeSession } from '../api/gen/sdk.gen.ts';
import { setCsrfToken } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { useMe } from '../session/session.ts';
import { tellFailed } from '../ui/toasts.tsx';

const ITEM = 'block w-full cursor-pointer rounded px-2.5 py-1.5 text-left text-sm text-ink! no-underline! hover:bg-raised';

/** Who is signed in, and the way out. */
export function AccountMenu() {
  const me = useMe();
  const navigate = useNavigate();
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const signOut = useMutation({
    mutationFn: () => closeSession(),
    onSuccess: async () => {
      setCsrfToken(null);
      queryClient.clear();
      await navigate({ to: '/sign-in' });
    },
    onError: tellFailed,
  });
  if (me === undefined) return null;
  return (
    <>
      <button type="button" popoverTarget={id} className="inline-flex h-8 cursor-pointer items-center gap-1.5 rounded-md px-2 text-sm text-ink-soft hover:bg-raised hover:text-ink">
        <CircleUser size={16} aria-hidden />
        <span className="max-w-32 truncate">{me.name}</span>
      </button>
      {/* The browser's own popover: Escape and a click elsewhere close it, and the focus goes back. */}
      <div ref={panel} id={id} popover="auto" className="fixed inset-auto top-12 right-4 m-0 w-60 rounded-lg border border-line bg-surface p-1.5 text-ink shadow-xl">
        <p className="px-2.5 py-1.5 text-xs text-ink-soft">
          {me.roles.join(', ') || 'no roles'}
          {me.tenant !== null && <> · tenant {me.tenant}</>}
        </p>
        <Link to="/settings" className={ITEM} onClick={() => panel.current?.hidePopover()}>
          My keys and sessions
        </Link>
        <a href="/api/docs" target="_blank" rel="noopener" className={ITEM}>
          API reference
        </a>
        <button type="button" className={ITEM} onClick={() => signOut.mutate()}>
          Sign out
        </button>
      </div>
    </>
  );
}
