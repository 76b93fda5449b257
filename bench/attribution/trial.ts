import { createHash } from 'node:crypto';
import { attributionAssay } from '#libs/evaluation/attribute/attribution-assay';
import { type AttributionResult } from '#libs/evaluation/attribute/attribution-result';
import { type Cause } from '#libs/evaluation/attribute/cause';
import { type Probe } from '#libs/evaluation/probe/probe';
import { type RunInputs } from '#libs/evaluation/run/assay';
import { type Json } from '#libs/evaluation/run/run';
import { parseComponentName, type ComponentName } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type ComponentEditor } from './component-editor.ts';
import { type Felt } from './felt.ts';
import { type Planted } from './planted-faults.ts';

/** Small, so that a trial is quick. Knock-outs and other routes are left out: they explain a verdict and are no part of it. */
export const SETTINGS = { items: 16, itemsPerStep: 16, resamples: 400, minBitsPerByte: 0.01, orderPairs: 2, layers: 2, knockOuts: 0, fragileTokens: 0, exchanged: 4 } as const;

/** What a user could do instead, with its answer. */
export interface Guess {
  readonly cause: Cause;
  readonly named: readonly ComponentName[];
  /** Forward passes of a token. */
  readonly rows: number;
}

/** What is kept of a trial: JSON. */
export interface Trial {
  readonly planted: Pick<Planted, 'fault' | 'severity' | 'cause' | 'guilty'>;
  readonly felt: Felt;
  readonly result: Pick<AttributionResult, 'cause' | 'causes' | 'plausible' | 'named' | 'confidence' | 'change' | 'effects' | 'exchange' | 'replay' | 'counterfactual' | 'cost'>;
  readonly swapOnly: Guess;
  readonly weightNorm: Guess;
  /** Where asked for: all that a verdict is made of, so that another rule can be tried on it without a forward pass. */
  readonly kept?: { readonly inputs: Pick<RunInputs, 'spec' | 'candidate'> & { readonly reference: ReleaseManifest }; readonly parts: readonly Json[] };
}

interface TrialOptions {
  readonly seed: number;
  readonly keep: boolean;
}

/** Runs the attribution of one planted fault as an evaluation does, step by step. */
export async function runTrial(planted: Planted, felt: Felt, texts: readonly string[], { seed, keep }: TrialOptions, probe: Probe, editor: ComponentEditor): Promise<Trial> {
  const { reference, candidate } = planted;
  const dataset = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  const inputs = {
    spec: { format: 'signalbox.evaluation/1' as const, kind: 'attribution' as const, candidate: releaseIdOf(candidate), reference: releaseIdOf(reference), suite: dataset, settings: { ...SETTINGS, seed } },
    candidate,
    reference,
    suite: { format: 'signalbox.suite/1' as const, name: 'planted', description: '', tasks: [{ id: 'texts', kind: 'likelihood' as const, dataset, grader: {}, gates: [] }] },
    dataset: async (): Promise<Json[]> => texts.map((text) => ({ text })),
  };
  const parts: Json[] = [];
  for (const step of await attributionAssay.plan(inputs)) parts.push(await step.measure({ probe, nowMs: () => 0 }));
  const result = concluded(inputs, parts);
  const { fault, severity, cause, guilty } = planted;
  const kept = { inputs: { spec: inputs.spec, candidate, reference }, parts };
  return { planted: { fault, severity, cause, guilty }, felt, result, swapOnly: swapOnly(result), weightNorm: weightNorm(planted, editor), ...(keep && { kept }) };
}

/** A trial that was kept, with what the present rule says of it. @throws Error where it was not kept */
export function replayed(trial: Trial): Trial {
  if (!trial.kept) throw new Error('a trial without its texts cannot be replayed; run it with --keep-texts');
  const { inputs, parts } = trial.kept;
  const suite = { format: 'signalbox.suite/1' as const, name: 'planted', description: '', tasks: [] };
  const result = concluded({ ...inputs, suite, dataset: () => Promise.resolve([]) }, parts);
  return { ...trial, result, swapOnly: swapOnly(result) };
}

function concluded(inputs: RunInputs, parts: readonly Json[]): Trial['result'] {
  const { cause, causes, plausible, named, confidence, change, effects, exchange, replay, counterfactual, cost } = attributionAssay.conclude(inputs, parts) as unknown as AttributionResult;
  return { cause, causes, plausible, named, confidence, change, effects, exchange, replay, counterfactual, cost };
}

/** The larger of the two main effects, where the change is large enough: names a side and no component. */
function swapOnly({ effects, change, cost }: Trial['result']): Guess {
  const rows = cost.coalitions === 0 ? 0 : (4 * cost.rows) / cost.coalitions;
  if (effects === null || Math.abs(change.value) < SETTINGS.minBitsPerByte) return { cause: 'neither', named: [], rows };
  return { cause: Math.abs(effects.routerMain.value) > Math.abs(effects.expertsMain.value) ? 'router' : 'expert', named: [], rows };
}

/** A part of which less than this changed is taken for harmless. */
const MIN_CHANGE = 0.05;

/** The components whose weights changed most: free, and blind to what the weights do. */
function weightNorm({ reference, candidate }: Planted, editor: ComponentEditor): Guess {
  const changed = Object.keys(candidate.components)
    .map((name) => ({ name, change: editor.relativeChange(candidate.components[name]!, reference.components[name]!) }))
    .filter(({ change }) => change >= MIN_CHANGE);
  const sides = new Set(changed.map(({ name }) => parseComponentName(name)?.kind));
  const cause: Cause = sides.size === 0 ? 'neither' : sides.size > 1 ? 'both' : sides.has('router') ? 'router' : 'expert';
  return { cause, named: changed.map(({ name }) => name), rows: 0 };
}
