import { type UseQueryResult } from '@tanstack/react-query';
import { CircleAlert, Inbox } from 'lucide-react';
import { type ReactNode } from 'react';
import { problemOf } from '../api/problem.ts';
import { Button } from './button.tsx';
import { InWords } from './in-words.tsx';

/** Grey bars where content will be. */
export function Loading({ rows = 3, label = 'Loading' }: { readonly rows?: number; readonly label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex animate-pulse flex-col gap-2 py-2">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="h-4 rounded bg-raised" style={{ width: `${95 - ((row * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

/** Nothing there, and what to do about it. */
export function Empty({ title, children, action }: { readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-8 text-center">
      <Inbox size={22} className="text-ink-soft" aria-hidden />
      <p className="font-medium">{title}</p>
      {children !== undefined && <div className="max-w-prose text-sm text-ink-soft">{children}</div>}
      {action}
    </div>
  );
}

/** What went wrong, in the server's words, and a way to try again. */
export function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { title, detail, status } = problemOf(error, undefined);
  return (
    <div role="alert" className="flex flex-wrap items-start gap-3 rounded-md border border-bad/40 bg-bad-soft px-3 py-2.5 text-sm">
      <CircleAlert size={18} className="mt-0.5 shrink-0 text-bad" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-bad">{title}</p>
        <p className="wrap-anywhere">
          <InWords text={detail} />
        </p>
      </div>
      {onRetry !== undefined && status !== 403 && (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Shows a query: bars while it loads, the problem when it fails, otherwise what `children` makes of the data. */
export function Loaded<T>({ query, rows, children }: { readonly query: Pick<UseQueryResult<T, unknown>, 'data' | 'error' | 'refetch'>; readonly rows?: number; readonly children: (data: T) => ReactNode }) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error !== null && <Failed error={query.error} onRetry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  return query.error === null ? <Loading rows={rows} /> : <Failed error={query.error} onRetry={() => void query.refetch()} />;
}
