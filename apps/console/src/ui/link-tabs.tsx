import { Link, type LinkComponentProps } from '@tanstack/react-router';
import { type ReactNode } from 'react';

export interface LinkTab extends Omit<LinkComponentProps, 'children' | 'className'> {
  readonly label: ReactNode;
}

/** The parts of a view, each with an address of its own. */
export function LinkTabs({ label, tabs }: { readonly label: string; readonly tabs: readonly LinkTab[] }) {
  return (
    <nav aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ label: text, ...link }, index) => (
        <Link
          key={index}
          className="-mb-px border-b-2 border-transparent px-3 py-2 text-sm font-medium whitespace-nowrap text-ink-soft no-underline! hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
          activeOptions={{ exact: true, includeSearch: false }}
          {...link}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
