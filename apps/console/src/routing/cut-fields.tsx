import { useQuery } from '@tanstack/react-query';
import { getUsageOptions, listModelsOptions, listReleasesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useSetSearch, useWindow } from '../shell/scope.ts';
import { formatCount, shortId } from '../ui/format.ts';
import { type Dimension, DIMENSIONS, labelText } from './routing-search.ts';
import { Select } from './select.tsx';
import { useRoutingSearch } from './use-routing.ts';

const MAX_RELEASES = 200;
const FIELDS = {
  one: { release: 'release', tenant: 'tenant', task: 'task', language: 'language' },
  other: { release: 'otherRelease', tenant: 'otherTenant', task: 'otherTask', language: 'otherLanguage' },
} as const;

/** Release and segment of one side; both stand in the address. */
export function CutFields({ model, side }: { readonly model: string; readonly side: keyof typeof FIELDS }) {
  const search = useRoutingSearch();
  const setSearch = useSetSearch();
  const releases = useQuery(listReleasesOptions({ query: { model, limit: MAX_RELEASES } })).data?.items ?? [];
  const serving = useQuery(listModelsOptions({ query: { limit: MAX_RELEASES } })).data?.items.find((one) => one.model === model);
  const role = (id: string): string => (id === serving?.releaseId ? ', stable' : id === serving?.canary?.releaseId ? ', canary' : '');
  const name = FIELDS[side].release;
  const chosen = search[name];
  const known = releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)}${role(releaseId)}${summary === '' ? '' : `: ${summary}`}` }));
  return (
    <>
      <Select
        label="Release"
        value={chosen ?? ''}
        choices={[{ value: '', label: 'all' }, ...known, ...(chosen === undefined || known.some(({ value }) => value === chosen) ? [] : [{ value: chosen, label: shortId(chosen) }])]}
        onChange={(value) => setSearch({ [name]: value === '' ? undefined : value })}
      />
      {DIMENSIONS.map((dimension) => (
        <LabelField key={dimension} model={model} dimension={dimension} chosen={search[FIELDS[side][dimension]]} onChange={(label) => setSearch({ [FIELDS[side][dimension]]: label })} />
      ))}
    </>
  );
}

/** Labels that requests of this time carried, as the usage has them. */
function LabelField({ model, dimension, chosen, onChange }: { readonly model: string; readonly dimension: Dimension; readonly chosen: string | undefined; readonly onChange: (label: string | undefined) => void }) {
  const { from, to } = useWindow();
  // One layer is enough to learn which there are.
  const { data } = useQuery({ ...getUsageOptions({ query: { model, from, to, layer: 0, groupBy: dimension } }), placeholderData: (before) => before });
  const groups = data?.groups.filter(({ group, requests }) => group !== '' || requests !== undefined) ?? [];
  const choices = groups.map(({ group, requests }) => ({ value: `=${group}`, label: `${labelText(group)}${requests === undefined ? ' (too few)' : ` (${formatCount(requests)})`}` }));
  if (chosen !== undefined && !choices.some(({ value }) => value === `=${chosen}`)) choices.push({ value: `=${chosen}`, label: labelText(chosen) });
  return <Select label={dimension[0]!.toUpperCase() + dimension.slice(1)} value={chosen === undefined ? '' : `=${chosen}`} choices={[{ value: '', label: 'all' }, ...choices]} onChange={(value) => onChange(value === '' ? undefined : value.slice(1))} />;
}
