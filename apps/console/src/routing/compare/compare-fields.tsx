import { useSetSearch } from '../../shell/scope.ts';
import { CutFields } from '../cut-fields.tsx';
import { OTHER_TIMES, type OtherTime } from '../routing-search.ts';
import { Select } from '../select.tsx';
import { useRoutingSearch } from '../use-routing.ts';

const TIMES: Readonly<Record<OtherTime, string>> = { same: 'the same', before: 'the time right before', day: 'a day earlier', week: 'a week earlier' };
const CLEARED = { otherRelease: undefined, otherTenant: undefined, otherTask: undefined, otherLanguage: undefined, otherTime: undefined };

/** What the first side is compared with. */
export function CompareChoice() {
  const { compare } = useRoutingSearch();
  const setSearch = useSetSearch();
  return (
    <Select
      label="Compare with"
      value={compare ?? ''}
      choices={[{ value: '', label: 'nothing' }, { value: 'baseline', label: 'the baseline' }, { value: 'other', label: 'other traffic' }]}
      onChange={(value) => setSearch({ ...CLEARED, compare: value === '' ? undefined : value })}
    />
  );
}

/** The other side: release, segment and time. */
export function OtherFields({ model }: { readonly model: string }) {
  const { otherTime = 'same' } = useRoutingSearch();
  const setSearch = useSetSearch();
  return (
    <div role="group" aria-label="Compared with" className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border border-dashed border-line-strong px-3 py-2">
      <span className="text-xs font-semibold">Compared with</span>
      <CutFields model={model} side="other" />
      <Select label="Time" value={otherTime} choices={OTHER_TIMES.map((value) => ({ value, label: TIMES[value] }))} onChange={(value) => setSearch({ otherTime: value === 'same' ? undefined : value })} />
    </div>
  );
}
