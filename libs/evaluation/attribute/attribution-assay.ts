import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { EvaluationError } from '../evaluation-error.ts';
import { type Assay, type RunInputs, type Step } from '../run/assay.ts';
import { eachOnce } from '../run/each-once.ts';
import { type Json } from '../run/run.ts';
import { attributionResult } from './attribution-result.ts';
import { attributionSettings } from './attribution-settings.ts';
import { type AttributionLayout, layOut, type Place } from './layout.ts';
import { measurePlace } from './measure.ts';
import { coalitionKey, composed } from './players.ts';
import { chosenTexts, likelihoodDatasets, type Text } from '../suite/likelihood-texts.ts';

/** Of the measuring code: parts measured by another version are not taken for these. */
const VERSION = 'signalbox.attribution/1';

/** Was it the router or the expert: what made the candidate differ from its reference. */
export const attributionAssay: Assay = {
  kind: 'attribution',
  plan: async (inputs) => {
    const reference = requireReference(inputs);
    const settings = attributionSettings(inputs.spec.settings);
    const texts = await chosenTexts(inputs, settings.items);
    return stepsOf(layOut(settings, reference, inputs.candidate, texts.length), texts, { ...inputs, reference });
  },
  conclude: (inputs, parts) => attributionResult({ ...inputs, reference: requireReference(inputs) }, parts) as unknown as Json,
};

function requireReference({ reference }: RunInputs): ReleaseManifest {
  if (reference === null) throw new EvaluationError('no-reference', 'reference', 'An attribution compares two releases. Name the old one as reference.');
  return reference;
}

/**
 * Which parts are looked at closely depends on the steps before. A step whose earlier parts were measured by another
 * process measures them again itself, once for all steps of the plan, so each part is a function of its key alone.
 */
function stepsOf(layout: AttributionLayout, texts: readonly Text[], inputs: RunInputs & { readonly reference: ReleaseManifest }): Step[] {
  const { reference, candidate, spec } = inputs;
  const releases = { reference, candidate };
  const firstOf = layout.places.findIndex(({ kind }) => kind !== 'outline' && kind !== 'score');
  const part = eachOnce<Json>(async (at, tools) => {
    const place = layout.places[at]!;
    const earlier: Json[] = [];
    if (place.kind !== 'outline' && place.kind !== 'score') {
      // Descents know the scores; what follows them knows the descents.
      const until = place.kind === 'descend' ? firstOf : layout.places.findIndex(({ kind }) => kind === 'replay');
      for (let before = 0; before < until; before++) earlier.push(await part(before, tools));
    }
    return measurePlace(place, layout, earlier, releases, texts, tools.probe);
  });
  const of = { measure: VERSION, datasets: [...likelihoodDatasets(inputs)] };
  return layout.places.map((place, at): Step => ({
    key: { ...of, ...keyOf(place, layout, { ...releases, ids: { candidate: spec.candidate, reference: releaseIdOf(reference) } }) },
    label: labelOf(place, layout),
    measure: (tools) => part(at, tools),
  }));
}

interface Keyed {
  readonly reference: ReleaseManifest;
  readonly candidate: ReleaseManifest;
  readonly ids: { readonly reference: string; readonly candidate: string };
}

/** A score knows the release that it is of and nothing of the run, so that coalitions that are one release share it. */
function keyOf(place: Place, { settings, players }: AttributionLayout, { reference, candidate, ids }: Keyed): { readonly [name: string]: Json } {
  const { items, itemsPerStep } = settings;
  if (place.kind === 'outline') return { stage: 'outline', items };
  if (place.kind === 'score') return { stage: 'score', release: releaseIdOf(composed(reference, candidate, players, place.coalition)), items, itemsPerStep, chunk: place.chunk };
  return { stage: place.kind, ...(place.kind === 'exchange' && { by: 'predictions' }), ...ids, settings: { ...settings }, ...('rank' in place && { rank: place.rank }), ...('pair' in place && { pair: place.pair }) };
}

function labelOf(place: Place, { players, items, settings }: AttributionLayout): string {
  switch (place.kind) {
    case 'outline':
      return 'texts';
    case 'score': {
      const chunks = Math.ceil(items / settings.itemsPerStep);
      const names = coalitionKey(place.coalition) === '' ? 'the old release' : place.coalition.size === players.length ? 'the new release' : `${place.coalition.size} of ${players.length} changed parts`;
      return `${names}: texts, part ${place.chunk + 1} of ${chunks}`;
    }
    case 'descend':
      return `parts of the layer of rank ${place.rank + 1}, orders ${place.pair + 1} of ${settings.orderPairs}`;
    case 'replay':
      return 'the old routes in the new release';
    case 'knock-out':
      return `without the expert of rank ${place.rank + 1}`;
    case 'exchange':
      return "experts at each other's places";
    case 'counterfactual':
      return 'other routes for the tokens that lost most';
  }
}
