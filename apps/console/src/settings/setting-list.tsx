import { type ReactNode } from 'react';

export interface Setting {
  readonly name: string;
  readonly value: ReactNode;
  readonly meaning?: ReactNode;
  /** The environment variable that changes it. */
  readonly variable?: string;
}

/** Settings as they are, each with what it means and how it is changed. */
export function SettingList({ settings }: { readonly settings: readonly Setting[] }) {
  return (
    <dl className="divide-y divide-line">
      {settings.map(({ name, value, meaning, variable }) => (
        <div key={name} className="grid gap-x-6 gap-y-0.5 py-2.5 sm:grid-cols-[minmax(0,1fr)_max-content]">
          <dt>
            <span className="font-medium">{name}</span>
            {meaning !== undefined && <span className="block text-xs text-ink-soft">{meaning}</span>}
          </dt>
          <dd className="tabular-nums sm:text-right">
            <span className="font-semibold">{value}</span>
            {variable !== undefined && <code className="block font-mono text-xs text-ink-soft wrap-anywhere">{variable}</code>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
