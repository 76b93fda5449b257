import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { SlidersHorizontal, X } from 'lucide-react';
import { useState } from 'react';
import { listReleasesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type TimeWindow, useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { filterOf, FLAGS, localMoment, ORDERS, type RequestSearch, STATUSES } from '../request-search.ts';

const FLAG_NAMES = { any: 'Any but the plain top-k', dropped: 'Dropped', rerouted: 'Rerouted', masked: 'Masked', fallback: 'Fallback', unavailable: 'Expert unavailable', generalist: 'Generalist path', none: 'Plain top-k only' } as const;
const ORDER_NAMES = { newest: 'Newest first', oldest: 'Oldest first', slowest: 'Slowest first', fastest: 'Fastest first' } as const;
const LABELS = [['tenant', 'Tenant'], ['task', 'Task'], ['language', 'Language'], ['rule', 'Data rule']] as const;
const LIMITS = [['minDurationMs', 'At least, ms'], ['maxDurationMs', 'At most, ms']] as const;
const ANY = { value: '', label: 'Any' };

/** What narrows and orders the list. All of it stands in the address. */
export function RequestFilters({ model, window }: { readonly model: string; readonly window: TimeWindow }) {
  const search = useSearch({ strict: false }) as RequestSearch;
  const setSearch = useSetSearch();
  const filter = filterOf(search);
  const hidden = [...LABELS, ...LIMITS].filter(([name]) => filter[name] !== undefined).length;
  const [isMore, setMore] = useState(hidden > 0);
  const releases = useQuery(listReleasesOptions({ query: { model, limit: 200 } })).data?.items ?? [];
  const choose = (name: string) => (event: { readonly target: { readonly value: string } }) => setSearch({ [name]: event.target.value === '' ? undefined : event.target.value });
  const { order = 'newest', at } = search;
  const isByTime = order === 'newest' || order === 'oldest';
  return (
    <form role="search" aria-label="Filter requests" className="flex flex-col gap-3 border-b border-line px-4 pb-3" onSubmit={(event) => event.preventDefault()}>
      <div className="flex flex-wrap items-end gap-3">
        <SelectField name="status" label="Status" className="w-32" value={search.status ?? ''} onChange={choose('status')} choices={[ANY, ...STATUSES.map((value) => ({ value, label: value }))]} />
        <SelectField name="flag" label="Decisions" className="w-48" value={search.flag ?? ''} onChange={choose('flag')} choices={[ANY, ...FLAGS.map((value) => ({ value, label: FLAG_NAMES[value] }))]} />
        <SelectField
          name="release" label="Release" className="w-40" value={search.release ?? ''} onChange={choose('release')}
          choices={[ANY, ...new Set([...releases.map(({ releaseId }) => releaseId), ...(search.release === undefined ? [] : [search.release])])].map((one) => (typeof one === 'string' ? { value: one, label: shortId(one) } : one))}
        />
        <SelectField name="order" label="Order" className="w-36" value={order} onChange={(event) => setSearch({ order: event.target.value === 'newest' ? undefined : event.target.value, at: undefined })} choices={ORDERS.map((value) => ({ value, label: ORDER_NAMES[value] }))} />
        {isByTime && <JumpToTime key={at ?? window.to} at={at} window={window} isBackwards={order === 'newest'} />}
        <Button aria-expanded={isMore} icon={<SlidersHorizontal size={14} aria-hidden />} onClick={() => setMore(!isMore)}>
          {isMore ? 'Fewer filters' : hidden > 0 ? `More filters, ${hidden} set` : 'More filters'}
        </Button>
        {Object.keys(filter).length > 0 && (
          <Button variant="quiet" icon={<X size={14} aria-hidden />} onClick={() => setSearch(Object.fromEntries(Object.keys(filter).map((name) => [name, undefined])))}>
            Clear filters
          </Button>
        )}
      </div>
      {isMore && (
        <div className="flex flex-wrap items-end gap-3">
          {LABELS.map(([name, label]) => (
            <Committed key={`${name}${filter[name] ?? ''}`} name={name} label={label} value={filter[name] ?? ''} onCommit={(value) => setSearch({ [name]: value === '' ? undefined : value })} />
          ))}
          {LIMITS.map(([name, label]) => (
            <Committed key={`${name}${filter[name] ?? ''}`} name={name} label={label} type="number" min={0} step={1} value={String(filter[name] ?? '')} onCommit={(value) => setSearch({ [name]: value === '' || !/^\d{1,9}$/.test(value) ? undefined : Number(value) })} />
          ))}
        </div>
      )}
    </form>
  );
}

/** A field that takes effect when one leaves it or presses Enter, not with each letter. */
function Committed({ value, onCommit, ...field }: { readonly name: string; readonly label: string; readonly value: string; readonly type?: string; readonly min?: number; readonly step?: number; readonly onCommit: (value: string) => void }) {
  const commit = (text: string): void => {
    if (text.trim() !== value) onCommit(text.trim());
  };
  return <TextField {...field} className="w-36" defaultValue={value} maxLength={256} onBlur={(event) => commit(event.target.value)} onKeyDown={(event) => event.key === 'Enter' && commit(event.currentTarget.value)} />;
}

/** Starts the list at a moment: up to now at the latest, so that it is within what the list can hold. */
function JumpToTime({ at, window, isBackwards }: { readonly at: string | undefined; readonly window: TimeWindow; readonly isBackwards: boolean }) {
  const setSearch = useSetSearch();
  const [moment, setMoment] = useState(localMoment(Date.parse(at ?? (isBackwards ? window.to : window.from))));
  const atMs = Date.parse(moment);
  return (
    <div className="flex items-end gap-1.5">
      <TextField name="at" label="Jump to a time" type="datetime-local" step={1} className="w-52" value={moment} min={localMoment(Date.parse(window.from))} onChange={(event) => setMoment(event.target.value)} onKeyDown={(event) => event.key === 'Enter' && !Number.isNaN(atMs) && setSearch({ at: new Date(atMs).toISOString() })} />
      <Button disabled={Number.isNaN(atMs)} onClick={() => setSearch({ at: new Date(atMs).toISOString() })}>
        Jump
      </Button>
    </div>
  );
}
