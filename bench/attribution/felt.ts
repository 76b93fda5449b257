import { type Cause } from '#libs/evaluation/attribute/cause';
import { bitsOf } from '#libs/evaluation/grade/score-text';
import { type Probe } from '#libs/evaluation/probe/probe';
import { parseComponentName, type ComponentName } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Planted } from './planted-faults.ts';

/** What a planted fault really does, measured on texts of its own. */
export interface Felt {
  /** bits/byte, new less old. */
  readonly change: number;
  /** The planted cause, less what is not felt; `neither` where nothing is. */
  readonly cause: Cause;
  readonly guilty: readonly ComponentName[];
}

/**
 * A scrambled expert whose tokens are served as well without it is broken and does no harm: no method can, or should,
 * name it. A fault is felt where the loss of many texts changes by the bound; a broken component where it does so alone.
 */
export async function feltOf({ cause, fault, guilty, reference, candidate }: Planted, texts: readonly string[], bound: number, probe: Probe): Promise<Felt> {
  if (guilty.length === 0) return { change: 0, cause: 'neither', guilty: [] };
  const old = await bitsPerByte(probe, reference, texts);
  const change = (await bitsPerByte(probe, candidate, texts)) - old;
  if (Math.abs(change) < bound) return { change, cause: 'neither', guilty: [] };
  // What is wrong only together has no part that does harm alone.
  if (fault === 'misplaced' || fault === 'pair' || guilty.length === 1) return { change, cause, guilty };
  const felt: ComponentName[] = [];
  for (const name of guilty) {
    const alone = { ...reference, components: { ...reference.components, [name]: candidate.components[name]! } };
    if (Math.abs((await bitsPerByte(probe, alone, texts)) - old) >= bound) felt.push(name);
  }
  if (felt.length === 0) return { change, cause, guilty };
  const sides = new Set(felt.map((name) => parseComponentName(name)?.kind));
  return { change, cause: sides.size > 1 ? 'both' : sides.has('router') ? 'router' : 'expert', guilty: felt };
}

async function bitsPerByte(probe: Probe, release: ReleaseManifest, texts: readonly string[]): Promise<number> {
  const questions = [];
  for (const text of texts) questions.push({ tokens: await probe.encode(release, text), from: 1 });
  const scores = await probe.score(release, questions);
  return scores.reduce((sum, { logProbs }) => sum + bitsOf(logProbs), 0) / texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
