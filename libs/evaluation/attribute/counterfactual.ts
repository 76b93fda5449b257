import { type ReleaseManifest } from '#libs/release/manifest';
import { seededUniform } from '#libs/stats/paired/seeded-uniform';
import { type Probe, type Routes, type Score } from '../probe/probe.ts';
import { type AttributionSettings } from './attribution-settings.ts';
import { type Releases } from './descend.ts';
import { type CounterfactualPart, type FragileToken, type ReplayPart } from './parts.ts';
import { bitsOf } from '../grade/score-text.ts';
import { rowsOf, scoresOf } from './texts.ts';

/** Why routes cannot be forced; null where they can. */
export function unforceable({ reference, candidate }: Releases, probe: Probe): string | null {
  const bound = [reference, candidate].some(({ routing: { capacity, quotas, gating } }) => capacity !== undefined || quotas !== undefined || gating === 'expert-choice');
  if (bound) return 'a release with a capacity, quotas or expert choice cannot have its routes forced';
  return probe.alternatives === undefined ? 'this probe cannot force routes' : null;
}

/** The new release with the routes that the old one took: what is left of the change is not of the choice of experts. */
export async function replay(releases: Releases, probe: Probe, tokens: readonly Uint32Array[]): Promise<ReplayPart> {
  const { reference, candidate } = releases;
  const reason = unforceable(releases, probe) ?? (sameSets(reference, candidate) ? null : 'the two releases do not choose equally many experts');
  if (reason !== null) return reason;
  const old = await scoresOf(probe, reference, tokens);
  const fresh = await scoresOf(probe, candidate, tokens, (at) => ({ routes: routesOf(old[at]!.routes, reference) }));
  return { bits: fresh.map(({ logProbs }) => bitsOf(logProbs)), rows: 2 * rowsOf(tokens) };
}

/**
 * Other sets of experts of the same size, in one layer, for the tokens that lost most: equal compute, so that
 * what is won is won by the route alone. The same is done in the old release, because the best of many
 * routes beats the router's in any release: only what the new one wins beyond it speaks against its router.
 */
export async function counterfactual(layer: number, releases: Releases, settings: Pick<AttributionSettings, 'fragileTokens' | 'alternatives' | 'seed'>, probe: Probe, tokens: readonly Uint32Array[]): Promise<CounterfactualPart> {
  const { reference, candidate } = releases;
  const reason = unforceable(releases, probe);
  if (reason !== null) return reason;
  const [old, fresh] = [await scoresOf(probe, reference, tokens), await scoresOf(probe, candidate, tokens)];
  let rows = 2 * rowsOf(tokens);
  const sets = alternativeSets(candidate, settings);
  const same = sameSets(reference, candidate);
  const found: FragileToken[] = [];
  for (const { item, row } of fragile(old, fresh, settings.fragileTokens)) {
    const ownTokens = tokens[item]!.subarray(0, row + 2);
    const routes = routesOf(old[item]!.routes, reference).find((route) => route.row === row && route.layer === layer);
    const tried = same && routes ? [...sets, routes.experts] : sets;
    const choices = [[], ...tried.map((experts) => [{ layer, experts }])];
    const bits = async (release: ReleaseManifest): Promise<number[]> => {
      rows += row + choices.length;
      return [...(await probe.alternatives!(release, { tokens: ownTokens, row, choices }))].map((logProb) => -logProb / Math.LN2);
    };
    const inNew = await bits(candidate);
    const inOld = same ? await bits(reference) : [];
    const best = inNew.indexOf(Math.min(...inNew));
    found.push({
      item,
      row,
      old: inOld[0] ?? -old[item]!.logProbs[row]! / Math.LN2,
      fresh: inNew[0]!,
      oldRoute: same && routes ? inNew.at(-1)! : null,
      best: inNew[best]!,
      bestOld: inOld.length === 0 ? inNew[0]! : Math.min(...inOld),
      experts: best === 0 ? [] : tried[best - 1]!,
    });
  }
  return { layer, tried: sets.length, tokens: found, rows };
}

/** Tokens whose loss grew most, at most one in ten of those of a text so that one text does not take all. */
function fragile(old: readonly Score[], fresh: readonly Score[], most: number): { readonly item: number; readonly row: number }[] {
  const all = fresh.flatMap(({ logProbs }, item) => {
    const lost = [...logProbs].map((logProb, row) => ({ item, row, lost: old[item]!.logProbs[row]! - logProb }));
    return lost.toSorted((a, b) => b.lost - a.lost || a.row - b.row).slice(0, Math.max(1, Math.floor(lost.length / 10)));
  });
  return all.filter(({ lost }) => lost > 0).toSorted((a, b) => b.lost - a.lost || a.item - b.item || a.row - b.row).slice(0, most);
}

/** All sets of experts that a router could choose, or as many drawn ones as may be tried. */
function alternativeSets({ shape, routing }: ReleaseManifest, { alternatives, seed }: Pick<AttributionSettings, 'alternatives' | 'seed'>): number[][] {
  const { sharedExperts = [], topK } = routing;
  const open = Array.from({ length: shape.experts }, (_, expert) => expert).filter((expert) => !sharedExperts.includes(expert));
  const size = topK - sharedExperts.length;
  const all = subsets(open, size, alternatives + 1);
  if (all.length <= alternatives) return all;
  const uniform = seededUniform(seed);
  const drawn = new Map<string, number[]>();
  // Few of many: drawn twice is drawn again, so many draws are enough.
  for (let draw = 0; draw < 20 * alternatives && drawn.size < alternatives; draw++) {
    const left = [...open];
    const set = Array.from({ length: size }, () => left.splice(Math.floor(uniform() * left.length), 1)[0]!).toSorted((a, b) => a - b);
    drawn.set(set.join(','), set);
  }
  return [...drawn.values()];
}

/** Subsets of a size in the order of their members, no more than `most`. */
function subsets(of: readonly number[], size: number, most: number): number[][] {
  if (size === 0) return [[]];
  const found: number[][] = [];
  for (let at = 0; at + size <= of.length && found.length < most; at++) {
    for (const rest of subsets(of.slice(at + 1), size - 1, most - found.length)) found.push([of[at]!, ...rest]);
  }
  return found;
}

function sameSets(reference: ReleaseManifest, candidate: ReleaseManifest): boolean {
  const of = ({ routing: { topK, sharedExperts = [] } }: ReleaseManifest): string => `${topK} ${sharedExperts.join(',')}`;
  return of(reference) === of(candidate);
}

/** Routes as they were taken, to be forced; those of the generalist path and the like, of fewer experts, are left out. */
function routesOf({ expertIds }: Routes, { shape: { layers }, routing: { topK, sharedExperts = [] } }: ReleaseManifest): { readonly row: number; readonly layer: number; readonly experts: readonly number[] }[] {
  const decisions = expertIds.length / topK;
  return Array.from({ length: decisions }, (_, decision) => ({
    row: Math.floor(decision / layers),
    layer: decision % layers,
    experts: [...new Set(expertIds.subarray(decision * topK, (decision + 1) * topK))].filter((expert) => !sharedExperts.includes(expert)),
  })).filter(({ experts }) => experts.length === topK - sharedExperts.length);
}
