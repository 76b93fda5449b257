import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

export interface CardProps {
  readonly title?: ReactNode;
  /** One sentence below the title. */
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  /** Without padding, for tables that reach the edges. */
  readonly isFlush?: boolean;
}

/** A titled part of a page. */
export function Card({ title, lead, actions, children, className, isFlush = false }: CardProps) {
  const id = useId();
  return (
    <section aria-labelledby={title === undefined ? undefined : id} className={classNames('min-w-0 rounded-lg border border-line bg-surface', className)}>
      {(title !== undefined || actions !== undefined) && (
        <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3 pb-2">
          <div className="min-w-0">
            {title !== undefined && (
              <h2 id={id} className="text-sm font-semibold">
                {title}
              </h2>
            )}
            {lead !== undefined && <p className="mt-0.5 text-xs text-ink-soft">{lead}</p>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={isFlush ? 'pb-1' : classNames('px-4 pb-4', title === undefined && 'pt-4')}>{children}</div>
    </section>
  );
}
