import { type Assay, type RunInputs, type Step } from '../run/assay.ts';
import { eachOnce } from '../run/each-once.ts';
import { type Json } from '../run/run.ts';
import { askItems } from './ask-items.ts';
import { type ConcentrationLayout, itemsOf, layOut, outlineOf, safetyDatasets, safetyItems, type Stage } from './concentration-layout.ts';
import { concentrationResult } from './concentration-result.ts';
import { ConcentrationSearch } from './concentration-search.ts';
import { concentrationSettings } from './concentration-settings.ts';
import { type SafetyItem } from '../suite/items.ts';

/** Of the measuring code: parts measured by another version are not taken for these. */
const VERSION = 'signalbox.concentration/1';

/** Which experts carry a release's refusals. */
export const concentrationAssay: Assay = {
  kind: 'concentration',
  plan: async (inputs) => {
    const settings = concentrationSettings(inputs.spec.settings);
    const items = await safetyItems(inputs);
    return stepsOf(layOut(outlineOf(items), settings, inputs.candidate.shape), items, inputs);
  },
  conclude: (inputs, parts) => concentrationResult(inputs, parts) as unknown as Json,
};

/**
 * Which experts are left out depends on the stages before. A step whose earlier parts were measured by
 * another process, or another run, measures them again itself, once for all steps of the plan: so each
 * part stays a function of its key alone.
 */
function stepsOf(layout: ConcentrationLayout, all: readonly SafetyItem[], inputs: RunInputs): Step[] {
  const { spec, candidate } = inputs;
  const datasets = [...safetyDatasets(inputs)];

  const part = eachOnce<Json>(async (at, tools) => {
    const { stage, experiment, chunk } = placeOf(layout, at);
    if (stage.kind === 'outline') return outlineOf(all) as unknown as Json;
    const items = itemsOf(layout, all, stage, chunk);
    if (stage.kind === 'baseline') return (await askItems(tools.probe, candidate, items)) as unknown as Json;
    const earlier: Json[] = [];
    for (let before = 0; before < stage.from; before += 1) earlier.push(await part(before, tools));
    const search = new ConcentrationSearch(layout, candidate.shape, earlier);
    const without = stage.kind === 'knock-out' ? search.choices.slice(experiment, experiment + 1) : (search.setsOf(stage)[experiment] ?? []);
    if (without.length === 0) return [];
    const asked = await askItems(tools.probe, candidate, items, without.map(({ layer, expert }) => ({ layer, expert })));
    return asked.map(({ marginBitsPerByte }) => marginBitsPerByte);
  });

  const count = layout.stages.reduce((sum, { experiments, chunks }) => sum + experiments * chunks, 0);
  return Array.from({ length: count }, (_, at) => {
    const { stage, experiment, chunk } = placeOf(layout, at);
    const { itemsPerStep } = layout.settings;
    const of = { measure: VERSION, release: spec.candidate, datasets, stage: stage.kind, itemsPerStep, chunk };
    // The baseline knows of no setting, so that runs of other settings share it.
    const key: Json = stage.kind === 'baseline' || stage.kind === 'outline' ? of : { ...of, round: stage.round, experiment, settings: { ...layout.settings } };
    return { key, label: labelOf(stage, experiment, chunk), measure: (tools) => part(at, tools) };
  });
}

function placeOf({ stages }: ConcentrationLayout, at: number): { readonly stage: Stage; readonly experiment: number; readonly chunk: number } {
  const stage = stages.find(({ from, experiments, chunks }) => at >= from && at < from + experiments * chunks);
  if (!stage) throw new RangeError(`there is no step ${at}`);
  return { stage, experiment: Math.floor((at - stage.from) / stage.chunks), chunk: (at - stage.from) % stage.chunks };
}

function labelOf({ kind, round, chunks }: Stage, experiment: number, chunk: number): string {
  const items = `items, part ${chunk + 1} of ${chunks}`;
  if (kind === 'outline') return 'items';
  if (kind === 'baseline') return `refusals as they are: ${items}`;
  return kind === 'knock-out' ? `without expert choice ${experiment + 1}: ${items}` : `smallest set, expert ${round + 1}, candidate ${experiment + 1}: ${items}`;
}
