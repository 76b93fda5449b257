import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Clock, ShieldAlert } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { getSignInMethodsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { openSession } from '../api/gen/sdk.gen.ts';
import { setCsrfToken } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { ThemeSwitch } from '../shell/theme-switch.tsx';
import { Button, PlainLink } from '../ui/button.tsx';
import { TextField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { Loading } from '../ui/states.tsx';
import { returnPath, signInProblem } from './sign-in-problems.ts';
import { type SignInSearch } from './sign-in-search.ts';
import { SignInScene } from './sign-in-scene.tsx';

/** The way in. A key is sent once, for a session, and kept nowhere. */
export function SignIn() {
  const search = useSearch({ strict: false }) as SignInSearch;
  const methods = useQuery(getSignInMethodsOptions());
  const provider = methods.data?.oidc ?? null;
  const path = returnPath(search.returnTo);
  useEffect(() => {
    document.title = 'Sign in · Signalbox';
  }, []);
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(26rem,34rem)]">
      <header className="hidden flex-col justify-between gap-8 border-r border-line bg-raised p-10 lg:flex">
        <p className="flex items-center gap-2.5 text-base font-semibold tracking-tight">
          <img src="/signalbox.svg" alt="" width={28} height={28} />
          Signalbox
        </p>
        <div className="mx-auto w-full max-w-xl">
          <SignInScene />
        </div>
        <div className="max-w-xl">
          <p className="text-2xl font-semibold tracking-tight text-balance">Where every token goes, and who may change it.</p>
          <p className="mt-2 text-sm text-ink-soft">The routes of a model are seen and watched here, changed with consent, and set back when something is wrong.</p>
        </div>
      </header>
      <main className="relative flex flex-col items-center justify-center bg-surface p-6">
        <div className="absolute top-3 right-3">
          <ThemeSwitch />
        </div>
        <div className="flex w-full max-w-sm flex-col gap-5">
          <div>
            <img src="/signalbox.svg" alt="" width={44} height={44} className="lg:hidden" />
            <h1 className="mt-3 text-2xl font-semibold tracking-tight">Sign in to Signalbox</h1>
            <p className="mt-1 text-sm text-ink-soft">Routing observability and governance for Mixture-of-Experts models.</p>
          </div>
          {search.ended && (
            <Notice icon={<Clock size={18} aria-hidden />} title="Your session has ended">
              Sign in again; you will be back where you were.
            </Notice>
          )}
          {search.problem !== undefined && (
            <Notice icon={<ShieldAlert size={18} aria-hidden />} title="You were not signed in" isBad>
              {signInProblem(search.problem)}
            </Notice>
          )}
          {methods.isPending && <Loading rows={2} />}
          {provider !== null && (
            <>
              <PlainLink variant="primary" className="h-10 w-full" href={`/api/v1/session/oidc?returnTo=${encodeURIComponent(path)}`}>
                Sign in with {provider.name}
              </PlainLink>
              <p className="flex items-center gap-3 text-xs text-ink-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">or with a key</p>
            </>
          )}
          {!methods.isPending && <KeyForm returnTo={path} isPrimary={provider === null} />}
          <p className="text-xs text-ink-soft">
            The first key was printed when Signalbox started for the first time, unless <code className="font-mono">SIGNALBOX_ADMIN_KEY</code> names one. Others come from an administrator.
          </p>
        </div>
      </main>
    </div>
  );
}

function KeyForm({ returnTo, isPrimary }: { readonly returnTo: string; readonly isPrimary: boolean }) {
  const navigate = useNavigate();
  const signIn = useMutation({
    mutationFn: async (key: string) => (await openSession({ headers: { authorization: `Bearer ${key}` } })).data,
    gcTime: 0,
    onSuccess: async ({ csrfToken }) => {
      setCsrfToken(csrfToken);
      queryClient.clear();
      await navigate({ to: returnTo });
    },
  });
  return (
    <ProblemForm error={signIn.error} fields={['key']} label="Sign in" onSubmit={(data) => signIn.mutate(textOf(data, 'key') ?? '')}>
      <TextField name="key" label="API key" type="password" autoComplete="off" required placeholder="sbx_…" autoFocus={isPrimary} hint="The browser gets a session in its place and does not keep it." />
      <Button type="submit" variant={isPrimary ? 'primary' : 'plain'} className="h-10" disabled={signIn.isPending}>
        {signIn.isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </ProblemForm>
  );
}

function Notice({ icon, title, isBad = false, children }: { readonly icon: ReactNode; readonly title: string; readonly isBad?: boolean; readonly children: ReactNode }) {
  return (
    <div role={isBad ? 'alert' : 'status'} className={isBad ? 'flex gap-3 rounded-md border border-bad/40 bg-bad-soft px-3 py-2.5 text-sm' : 'flex gap-3 rounded-md border border-line bg-info-soft px-3 py-2.5 text-sm'}>
      <span className={isBad ? 'text-bad' : 'text-info'}>{icon}</span>
      <div>
        <p className={isBad ? 'font-medium text-bad' : 'font-medium text-info'}>{title}</p>
        <p>{children}</p>
      </div>
    </div>
  );
}
