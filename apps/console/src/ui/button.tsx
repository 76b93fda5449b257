import { Link, type LinkComponentProps } from '@tanstack/react-router';
import { type ComponentProps, type ReactNode } from 'react';
import { classNames } from './class-names.ts';

const VARIANTS = {
  primary: 'bg-accent text-on-accent border-transparent hover:bg-accent-strong',
  plain: 'bg-surface text-ink border-line-strong/60 hover:bg-raised',
  danger: 'bg-bad-soft text-bad border-bad/40 hover:border-bad',
  quiet: 'bg-transparent text-ink-soft border-transparent hover:bg-raised hover:text-ink',
} as const;

interface Looks {
  readonly variant?: keyof typeof VARIANTS;
  readonly size?: 'small' | 'normal';
  readonly icon?: ReactNode;
}

function look({ variant = 'plain', size = 'normal' }: Looks, className: string | undefined): string {
  return classNames(
    'inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap no-underline! transition-colors disabled:cursor-not-allowed disabled:opacity-55 cursor-pointer',
    size === 'small' ? 'h-7 px-2 text-xs' : 'h-8.5 px-3 text-sm',
    VARIANTS[variant],
    className,
  );
}

export function Button({ variant, size, icon, children, className, type = 'button', ...rest }: ComponentProps<'button'> & Looks) {
  return (
    <button type={type} className={look({ variant, size }, className)} {...rest}>
      {icon}
      {children}
    </button>
  );
}

/** A link that looks like a button: it leads somewhere, it does nothing. */
export function ButtonLink({ variant, size, icon, children, className, ...rest }: Omit<LinkComponentProps, 'children' | 'className'> & Looks & { readonly children: ReactNode; readonly className?: string }) {
  return (
    <Link className={look({ variant, size }, className)} {...rest}>
      {icon}
      {children}
    </Link>
  );
}

/** The same for what is no view of the console: the sign-in of a provider, a file to download. */
export function PlainLink({ variant, size, icon, children, className, ...rest }: ComponentProps<'a'> & Looks) {
  return (
    <a className={look({ variant, size }, className)} {...rest}>
      {icon}
      {children}
    </a>
  );
}
