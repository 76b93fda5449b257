import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { listReleasesOptions, planPlacementOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type PlacementPlan } from '../../api/gen/types.gen.ts';
import { Problem } from '../../api/problem.ts';
import { useSetSearch, useWindow } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CsvButton } from '../../ui/csv-button.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { formatBytes, formatCount, formatNumber, shortId } from '../../ui/format.ts';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Withheld } from '../withheld.tsx';
import { bytesOf, DEFAULT_DEVICES, parsePlan, type PlanSearch } from './plan-search.ts';
import { copiesText, placementRows } from './plan-words.ts';

const MAX_RELEASES = 200;
const FIELDS = ['devices', 'deviceBytes', 'extraCopies'];
type LayerPlan = NonNullable<PlacementPlan['layers']>[number];

const ratio = (value: number): string => formatNumber(value);
const COLUMNS: readonly Column<LayerPlan>[] = [
  { id: 'layer', header: 'Layer', isRowHeader: true, cell: ({ layer }) => layer },
  { id: 'blocks', header: 'In blocks', align: 'right', cell: ({ inBlocks }) => ratio(inBlocks.overall) },
  { id: 'blocks-worst', header: 'In blocks, worst hour', align: 'right', cell: ({ inBlocks }) => ratio(inBlocks.worstHour) },
  { id: 'planned', header: 'Planned', align: 'right', cell: ({ imbalance }) => ratio(imbalance.overall) },
  { id: 'planned-worst', header: 'Planned, worst hour', align: 'right', cell: ({ imbalance }) => ratio(imbalance.worstHour) },
  { id: 'copied', header: 'Experts to copy', cell: ({ copied }) => copiesText(copied) },
];

/** Where to put experts and which to copy. */
export function PlacementCard({ model }: { readonly model: string }) {
  const search = useSearch({ strict: false }) as PlanSearch;
  const { release, devices = DEFAULT_DEVICES, memoryGiB, copies = 0 } = search;
  const { from, to } = useWindow();
  const deviceBytes = memoryGiB === undefined ? null : bytesOf(memoryGiB);
  const plan = useQuery({
    ...planPlacementOptions({ query: { model, from, to, devices, extraCopies: copies, ...(release !== undefined && { release }), ...(deviceBytes !== null && { deviceBytes }) } }),
    placeholderData: keepPreviousData,
  });
  return (
    <Card title="Placement" lead="Which experts to copy and on which device to put each. Tokens of the busiest device over the mean of all: 1 is even, and a step waits for the busiest." actions={<Csv plan={plan.data} />}>
      <div className="flex flex-col gap-3">
        <PlanFields key={release} model={model} search={search} error={plan.error} />
        <Loaded query={plan} rows={6}>
          {(data) => <Placement plan={data} devices={devices} />}
        </Loaded>
        {plan.error instanceof Problem && plan.error.code === 'shapes_differ' && <p className="text-sm">The releases of this time differ in shape: choose one of them above.</p>}
      </div>
    </Card>
  );
}

function PlanFields({ model, search: { release, devices, memoryGiB, copies }, error }: { readonly model: string; readonly search: PlanSearch; readonly error: unknown }) {
  const setSearch = useSetSearch();
  const releases = useQuery(listReleasesOptions({ query: { model, limit: MAX_RELEASES } })).data?.items ?? [];
  const [chosen, setChosen] = useState(release ?? '');
  const known = releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)}${summary === '' ? '' : `: ${summary}`}` }));
  const number = (data: FormData, name: string): number | undefined => {
    const text = textOf(data, name);
    return text === undefined ? undefined : Number(text);
  };
  const apply = (data: FormData): void => {
    const next = parsePlan({ release: chosen, devices: number(data, 'devices'), memoryGiB: number(data, 'memoryGiB'), copies: number(data, 'copies') });
    setSearch({ release: next.release, devices: next.devices, memoryGiB: next.memoryGiB, copies: next.copies });
  };
  return (
    <ProblemForm key={[release, devices, memoryGiB, copies].join(' ')} error={error instanceof Problem && FIELDS.includes(error.field ?? '') ? error : null} fields={FIELDS} label="What the plan is made for" onSubmit={apply} className="flex flex-wrap items-end gap-3">
      <SelectField
        name="release"
        label="Traffic and experts of"
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
        choices={[{ value: '', label: `all releases of ${model}` }, ...known, ...(chosen === '' || known.some(({ value }) => value === chosen) ? [] : [{ value: chosen, label: shortId(chosen) }])]}
        className="max-w-80"
      />
      <TextField name="devices" label="Devices" type="number" min={1} max={4096} step={1} defaultValue={devices ?? DEFAULT_DEVICES} className="w-24" />
      <TextField name="memoryGiB" label="Memory of each, GiB" type="number" min={0} step="any" defaultValue={memoryGiB ?? ''} placeholder="enough" className="w-36" />
      <TextField name="copies" label="Extra copies a layer" type="number" min={0} max={256} step={1} defaultValue={copies ?? 0} className="w-36" />
      <Button type="submit">Plan</Button>
    </ProblemForm>
  );
}

function Placement({ plan, devices }: { readonly plan: PlacementPlan; readonly devices: number }) {
  const { withheld, fits, layers, deviceBytes, neededBytes, requests } = plan;
  if (withheld !== undefined) return <Withheld minRequests={withheld.minRequests} what="no plan of them" />;
  if (fits === false || layers === undefined || deviceBytes === undefined) {
    return <Empty title="The experts do not fit">One copy of each takes {formatBytes(neededBytes)}. Give more memory to each of the {devices} devices, or more devices.</Empty>;
  }
  const [least, most] = [Math.min(...deviceBytes), Math.max(...deviceBytes)].map((bytes) => formatBytes(bytes));
  return (
    <>
      <p className="text-sm">
        Of {formatCount(requests)} requests. Memory on each of the {deviceBytes.length} devices: {least === most ? least : `${least} to ${most}`}.
      </p>
      <div className="max-h-112 overflow-y-auto rounded border border-line" tabIndex={0} role="group" aria-label="Plan by layer, scrolls">
        <DataTable caption="Plan by layer" columns={COLUMNS} rows={layers} rowKey={({ layer }) => String(layer)} empty={<Empty title="No traffic in this time">Choose a longer time, or send some requests.</Empty>} />
      </div>
      <p className="text-xs text-ink-soft">In blocks: neighbours together, as engines do unless told otherwise. The CSV names the devices of each expert; tokens of an expert with copies are shared out evenly.</p>
    </>
  );
}

function Csv({ plan }: { readonly plan: PlacementPlan | undefined }) {
  const layers = plan?.layers;
  return layers === undefined ? null : <CsvButton name="placement" header={['layer', 'expert', 'copies', 'devices']} rows={() => placementRows(layers)} />;
}
