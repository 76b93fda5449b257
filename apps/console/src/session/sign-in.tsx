import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { openSession } from '../api/gen/sdk.gen.ts';
import { setCsrfToken } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';

/** A key is sent once, for a session, and kept nowhere. */
export function SignIn() {
  const navigate = useNavigate();
  const { returnTo = '/' } = useSearch({ strict: false }) as { readonly returnTo?: string };
  const signIn = useMutation({
    mutationFn: async (key: string) => (await openSession({ headers: { authorization: `Bearer ${key}` } })).data,
    onSuccess: async ({ csrfToken }) => {
      setCsrfToken(csrfToken);
      queryClient.clear();
      await navigate({ to: returnTo.startsWith('/') && !returnTo.startsWith('//') ? returnTo : '/' });
    },
  });
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="w-full max-w-sm rounded-xl border border-line bg-surface p-6">
        <img src="/signalbox.svg" alt="" width={40} height={40} />
        <h1 className="mt-3 text-lg font-semibold">Sign in to Signalbox</h1>
        <p className="mt-1 mb-4 text-sm text-ink-soft">With an API key. The browser gets a session and does not keep the key.</p>
        <ProblemForm error={signIn.error} fields={['key']} label="Sign in" onSubmit={(data) => signIn.mutate(textOf(data, 'key') ?? '')}>
          <TextField name="key" label="API key" type="password" autoComplete="off" required placeholder="sbx_…" />
          <Button type="submit" variant="primary" disabled={signIn.isPending}>
            {signIn.isPending ? 'Signing in…' : 'Sign in'}
          </Button>
        </ProblemForm>
      </div>
    </main>
  );
}
