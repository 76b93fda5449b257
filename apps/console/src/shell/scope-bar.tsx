import { useSearch } from '@tanstack/react-router';
import { type Range, RANGES, type ScopeSearch, useModel, useModels, useSetSearch, useWindow } from './scope.ts';

const CONTROL = 'h-8 max-w-44 rounded-md border border-line-strong/60 bg-surface px-2 text-sm';
const NAMES: Readonly<Record<Range, string>> = { '15m': 'Last 15 minutes', '1h': 'Last hour', '6h': 'Last 6 hours', '24h': 'Last 24 hours', '7d': 'Last 7 days', '30d': 'Last 30 days' };

/** Which model and time the views are about. Both stand in the address. */
export function ScopeBar() {
  const models = useModels();
  const model = useModel();
  const window = useWindow();
  const { from, to } = useSearch({ strict: false }) as ScopeSearch;
  const setSearch = useSetSearch();
  return (
    <div className="flex min-w-0 items-center gap-2">
      {models !== undefined && models.length > 0 && (
        <select aria-label="Model" className={CONTROL} value={model ?? ''} onChange={(event) => setSearch({ model: event.target.value, release: undefined })}>
          {[...new Set([...models, ...(model ? [model] : [])])].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
      <select aria-label="Time" className={CONTROL} value={window.range ?? 'given'} onChange={(event) => setSearch({ range: event.target.value, from: undefined, to: undefined })}>
        {window.range === null && (
          <option value="given">
            {new Date(from!).toLocaleString()} to {new Date(to!).toLocaleString()}
          </option>
        )}
        {Object.keys(RANGES).map((range) => (
          <option key={range} value={range}>
            {NAMES[range as Range]}
          </option>
        ))}
      </select>
    </div>
  );
}
