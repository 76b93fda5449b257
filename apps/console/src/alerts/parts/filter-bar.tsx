import { useSearch } from '@tanstack/react-router';
import { useId } from 'react';
import { useSetSearch } from '../../shell/scope.ts';
import { type Filters } from './filters.ts';

export interface Filter {
  readonly name: keyof Filters | 'model';
  readonly label: string;
  /** Said where nothing is chosen. */
  readonly all: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}

/** Filters of a list, kept in the address. */
export function FilterBar({ filters }: { readonly filters: readonly Filter[] }) {
  const search = useSearch({ strict: false }) as Filters & { readonly model?: string };
  const setSearch = useSetSearch();
  const id = useId();
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap items-end gap-3">
      {filters.map(({ name, label, all, choices }) => (
        <div key={name} className="flex flex-col gap-1">
          <label htmlFor={`${id}-${name}`} className="text-xs font-medium text-ink-soft">
            {label}
          </label>
          <select id={`${id}-${name}`} className="h-8 rounded-md border border-line-strong/60 bg-surface px-2 text-sm" value={search[name] ?? ''} onChange={(event) => setSearch({ [name]: event.target.value === '' ? undefined : event.target.value })}>
            <option value="">{all}</option>
            {choices.map(({ value, label: text }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </div>
      ))}
    </div>
  );
}

export const SEVERITIES = ['critical', 'warning', 'info'] as const;
export const SEVERITY_FILTER: Filter = { name: 'severity', label: 'Severity', all: 'Any', choices: SEVERITIES.map((value) => ({ value, label: value })) };
