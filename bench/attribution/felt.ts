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
  /** [texts]: bits that each cost more in the new release. Left out where nothing was asked. */
  readonly lostBits?: readonly number[];
}

/**
 * A scrambled expert whose tokens are served as well without it is broken and does no harm: no method can, or should,
 * name it. A fault is felt where the loss of many texts changes by the bound; a broken component where it does so alone.
 */
export async function feltOf({ cause, fault, guilty, reference, candidate }: Planted, texts: readonly string[], bound: number, probe: Probe): Promise<Felt> {
  if (guilty.length === 0) return { change: 0, cause: 'neither', guilty: [] };
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const old = await textBits(probe, reference, texts);
  const lostOf = async (release: ReleaseManifest): Promise<number[]> => (await textBits(probe, release, texts)).map((bits, at) => bits - old[at]!);
  const perByte = (lost: readonly number[]): number => lost.reduce((sum, bits) => sum + bits, 0) / bytes;
  const lostBits = await lostOf(candidate);
  const change = perByte(lostBits);
  if (Math.abs(change) < bound) return { change, cause: 'neither', guilty: [], lostBits };
  // What is wrong only together has no part that does harm alone.
  if (fault === 'misplaced' || fault === 'pair' || guilty.length === 1) return { change, cause, guilty, lostBits };
  const felt: ComponentName[] = [];
  for (const name of guilty) {
    const alone = { ...reference, components: { ...reference.components, [name]: candidate.components[name]! } };
    if (Math.abs(perByte(await lostOf(alone))) >= bound) felt.push(name);
  }
  if (felt.length === 0) return { change, cause, guilty, lostBits };
  const sides = new Set(felt.map((name) => parseComponentName(name)?.kind));
  return { change, cause: sides.size > 1 ? 'both' : sides.has('router') ? 'router' : 'expert', guilty: felt, lostBits };
}

/** [texts], bits. */
async function textBits(probe: Probe, release: ReleaseManifest, texts: readonly string[]): Promise<number[]> {
  const questions = [];
  for (const text of texts) questions.push({ tokens: await probe.encode(release, text), from: 1 });
  return (await probe.score(release, questions)).map(({ logProbs }) => bitsOf(logProbs));
}
