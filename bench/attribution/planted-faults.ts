import { expertName, routerName, type ComponentName, type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Cause } from '#libs/evaluation/attribute/cause';
import { type ComponentEditor, exchangeRows, perturb, reorderUnits, scramble, shiftRows } from './component-editor.ts';

export const FAULTS = ['router', 'expert', 'experts', 'misplaced', 'pair', 'both', 'noise', 'same'] as const;
export type Fault = (typeof FAULTS)[number];

/** How often each is planted in 100 trials. */
export const MIX: Readonly<Record<Fault, number>> = { router: 20, expert: 20, experts: 16, misplaced: 10, pair: 10, both: 8, noise: 12, same: 4 };

const SEVERITIES = [0.4, 0.7, 1] as const;
/** Of parts that changed and did no harm. */
const HARMLESS = 0.01;

export interface Planted {
  readonly fault: Fault;
  readonly severity: number;
  readonly cause: Cause;
  /** Components that were broken, or put where they do not belong. */
  readonly guilty: readonly ComponentName[];
  readonly reference: ReleaseManifest;
  readonly candidate: ReleaseManifest;
}

interface Workshop {
  readonly base: ReleaseManifest;
  readonly editor: ComponentEditor;
  /** [layer], experts that serve at least their equal share of the demo's texts: a fault in one that nobody uses is none. */
  readonly busy: readonly (readonly number[])[];
}

/** A release with a fault, among other parts that changed without harm, so that a list of what changed tells nothing. */
export function plant(fault: Fault, { base, editor, busy }: Workshop, uniform: () => number): Planted {
  const { layers, experts } = base.shape;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(uniform() * from.length)]!;
  const severity = fault === 'same' || fault === 'noise' ? 0 : fault === 'misplaced' || fault === 'pair' ? 1 : pick(SEVERITIES);
  const old: Record<ComponentName, Sha256> = { ...base.components };
  const fresh: Record<ComponentName, Sha256> = { ...base.components };
  const busyExpert = (layer: number): ComponentName => expertName(layer, pick(busy[layer]!));
  const layer = Math.floor(uniform() * layers);
  const guilty = new Set<ComponentName>();
  const broken = (name: ComponentName): void => {
    guilty.add(name);
    fresh[name] = editor.edit(fresh[name]!, scramble(severity, uniform));
  };
  if (fault === 'router' || fault === 'both') broken(routerName(layer));
  if (fault === 'expert') broken(busyExpert(layer));
  if (fault === 'both') broken(busyExpert((layer + 1 + Math.floor(uniform() * (layers - 1))) % layers));
  const breaks = fault === 'experts' ? 3 : 0;
  while (guilty.size < breaks) {
    const name = busyExpert(uniform() < 0.5 ? layer : Math.floor(uniform() * layers));
    if (!guilty.has(name)) broken(name);
  }
  if (fault === 'misplaced') {
    // Three experts each go to the next one's place; the router sends their tokens to where they were.
    const places = shuffled(busy[layer]!, uniform).slice(0, 3);
    for (const [at, place] of places.entries()) {
      guilty.add(expertName(layer, place));
      fresh[expertName(layer, place)] = base.components[expertName(layer, places[(at + 1) % places.length]!)]!;
    }
  }
  if (fault === 'pair') {
    // In the old release two experts are one, so a router that takes one for the other does no harm there.
    const [one, other] = shuffled(busy[layer]!, uniform) as [number, number];
    old[expertName(layer, other)] = base.components[expertName(layer, one)]!;
    guilty.add(expertName(layer, other)).add(routerName(layer));
    fresh[routerName(layer)] = editor.edit(fresh[routerName(layer)]!, exchangeRows(one, other));
  }
  if (fault !== 'same') {
    // Large for whoever compares weights, nothing for whoever runs them.
    const [shifted, ...reordered] = [routerName(Math.floor(uniform() * layers)), expertName(layer, Math.floor(uniform() * experts)), expertName(Math.floor(uniform() * layers), Math.floor(uniform() * experts))];
    if (!guilty.has(shifted)) fresh[shifted] = editor.edit(fresh[shifted]!, shiftRows(uniform));
    for (const name of new Set(reordered)) if (!guilty.has(name)) fresh[name] = editor.edit(fresh[name]!, reorderUnits(uniform));
    const harmless = [routerName(Math.floor(uniform() * layers)), ...Array.from({ length: 3 }, () => expertName(Math.floor(uniform() * layers), Math.floor(uniform() * experts)))];
    for (const name of new Set(harmless)) if (!guilty.has(name)) fresh[name] = editor.edit(fresh[name]!, perturb(HARMLESS, uniform));
    // Those at another's place were tuned too: digests do not tell where they came from.
    if (fault === 'misplaced') for (const name of guilty) fresh[name] = editor.edit(fresh[name]!, perturb(HARMLESS, uniform));
  }
  return { fault, severity, cause: CAUSE[fault], guilty: [...guilty], reference: { ...base, components: old }, candidate: { ...base, components: fresh } };
}

const CAUSE: Readonly<Record<Fault, Cause>> = { router: 'router', expert: 'expert', experts: 'expert', misplaced: 'interaction', pair: 'interaction', both: 'both', noise: 'neither', same: 'neither' };

function shuffled<T>(from: readonly T[], uniform: () => number): T[] {
  const left = [...from];
  return from.map(() => left.splice(Math.floor(uniform() * left.length), 1)[0]!);
}

/** Faults of so many trials, in the proportions of MIX, in a drawn order. */
export function faultsOf(trials: number, uniform: () => number): Fault[] {
  const all = FAULTS.flatMap((fault) => Array.from({ length: MIX[fault] }, () => fault));
  return Array.from({ length: Math.ceil(trials / all.length) }, () => shuffled(all, uniform)).flat().slice(0, trials);
}
