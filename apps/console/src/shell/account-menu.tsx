import { Menu } from '@base-ui/react/menu';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CircleUser } from 'lucide-react';
import { closeSession } from '../api/gen/sdk.gen.ts';
import { setCsrfToken } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { useMe } from '../session/session.ts';
import { tellFailed } from '../ui/toasts.tsx';

const ITEM = 'block w-full cursor-pointer rounded px-2.5 py-1.5 text-left text-sm outline-none data-highlighted:bg-raised';

/** Who is signed in, and the way out. */
export function AccountMenu() {
  const me = useMe();
  const navigate = useNavigate();
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
    <Menu.Root>
      <Menu.Trigger className="inline-flex h-8 cursor-pointer items-center gap-1.5 rounded-md px-2 text-sm text-ink-soft hover:bg-raised hover:text-ink">
        <CircleUser size={16} aria-hidden />
        <span className="max-w-32 truncate">{me.name}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end" className="z-50">
          <Menu.Popup className="w-60 rounded-lg border border-line bg-surface p-1.5 shadow-xl">
            <p className="px-2.5 py-1.5 text-xs text-ink-soft">
              {me.roles.join(', ') || 'no roles'}
              {me.tenant !== null && <> · tenant {me.tenant}</>}
            </p>
            <Menu.Item className={ITEM} onClick={() => void navigate({ to: '/settings' })}>
              My keys and sessions
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={() => window.open('/api/docs', '_blank', 'noopener')}>
              API reference
            </Menu.Item>
            <Menu.Item className={ITEM} onClick={() => signOut.mutate()}>
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
