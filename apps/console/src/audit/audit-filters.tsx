import { useSearch } from '@tanstack/react-router';
import { Search, X } from 'lucide-react';
import { useSetSearch } from '../shell/scope.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { AUDIT_FILTERS, type AuditSearch, KNOWN_ACTIONS } from './audit-search.ts';

const ACTIONS = 'audit-actions';

/** What the log is searched for. */
export function AuditFilters() {
  const search = useSearch({ strict: false }) as AuditSearch;
  const setSearch = useSetSearch();
  const isFiltered = AUDIT_FILTERS.some((name) => search[name] !== undefined);
  return (
    <search>
      <ProblemForm
        // The fields follow the address, which links and cells of the table change too.
        key={JSON.stringify(search)}
        error={null}
        fields={[]}
        label="Search the audit log"
        className="grid items-end gap-3 sm:grid-cols-2 xl:grid-cols-[repeat(4,minmax(0,1fr))_max-content]"
        onSubmit={(data) => setSearch(Object.fromEntries(AUDIT_FILTERS.map((name) => [name, textOf(data, name)])))}
      >
        <TextField name="action" label="Action, or an area such as key.*" defaultValue={search.action ?? ''} list={ACTIONS} maxLength={128} />
        <TextField name="actor" label="Account that acted" defaultValue={search.actor ?? ''} placeholder="user:… or system" maxLength={256} />
        <TextField name="subject" label="Subject, or a kind such as model/*" defaultValue={search.subject ?? ''} maxLength={512} />
        <TextField name="requestId" label="Request id" defaultValue={search.requestId ?? ''} maxLength={128} />
        <div className="flex gap-2">
          <Button type="submit" icon={<Search size={14} aria-hidden />}>
            Search
          </Button>
          {isFiltered && (
            <Button variant="quiet" icon={<X size={14} aria-hidden />} onClick={() => setSearch(Object.fromEntries(AUDIT_FILTERS.map((name) => [name, undefined])))}>
              Clear
            </Button>
          )}
        </div>
        <datalist id={ACTIONS}>
          {KNOWN_ACTIONS.map((action) => (
            <option key={action} value={action} />
          ))}
        </datalist>
      </ProblemForm>
      <label className="mt-2 inline-flex items-center gap-2 text-sm">
        <input type="checkbox" className="size-4 accent-accent" checked={search.whole === true} onChange={(event) => setSearch({ whole: event.target.checked ? true : undefined })} />
        The whole log, not only the time chosen above
      </label>
    </search>
  );
}
