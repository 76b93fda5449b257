import { type ReactNode, useEffect } from 'react';

export interface PageProps {
  /** Names the page in the browser's history too. */
  readonly title: string;
  /** Shown in place of the plain title. */
  readonly heading?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of a view: one h1, what can be done here, the content. */
export function Page({ title, heading, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Signalbox`;
  }, [title]);
  return (
    <div className="mx-auto flex w-full max-w-screen-2xl flex-col gap-4 p-4 lg:p-6">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight wrap-anywhere">{heading ?? title}</h1>
          {lead !== undefined && <div className="mt-1 max-w-prose text-sm text-ink-soft">{lead}</div>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
