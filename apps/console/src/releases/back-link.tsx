import { Link, type LinkComponentProps } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';

/** The way from one thing to the list that it is in. */
export function BackLink({ label, ...link }: Omit<LinkComponentProps, 'children' | 'className'> & { readonly label: string }) {
  return (
    <Link className="inline-flex items-center gap-1 text-xs font-medium" {...link}>
      <ArrowLeft size={13} aria-hidden />
      {label}
    </Link>
  );
}
