import { expertName, parseComponentName } from '#libs/release/component';
import { type Probe } from '../probe/probe.ts';
import { cheapestAssignment } from './cheapest-assignment.ts';
import { type Releases } from './descend.ts';
import { type ExchangePart } from './parts.ts';
import { composed, type Player } from './players.ts';
import { itemBits, rowsOf, scoresOf } from './texts.ts';

/** Texts on which places are tried; the exchange that is found is scored on all. */
const MAX_TEXTS = 8;

/**
 * Whether the experts of a layer are good, and only stand at each other's places: each changed expert is put
 * at each changed place of the old release, and the assignment is looked for that leaves the old release's
 * predictions most as they were. Where it is another than that of the new release, the new release is scored with it.
 *
 * Places are told by predictions, not by the loss: an expert at its own place moves no token's probability, and
 * one at another's moves many, up as well as down. In the loss the ups and downs cancel, and a few texts do not
 * tell them from none. Whether the exchange explains the change is judged by the loss, on all texts.
 * @param chosen players, experts of one layer, two or more
 * @param change [texts]: what each lost, by which those are chosen that places are tried on: where nothing moved, no place tells
 */
export async function exchange(chosen: readonly number[], players: readonly Player[], { reference, candidate }: Releases, probe: Probe, tokens: readonly Uint32Array[], change: Float64Array): Promise<ExchangePart> {
  const places = chosen.flatMap((player) => {
    const parsed = parseComponentName(players[player]!.name);
    return parsed?.kind === 'expert' ? [parsed] : [];
  });
  const [first] = places;
  if (!first || places.length < 2) return null;
  const { layer } = first;
  const experts = places.map(({ index }) => index);
  const some = [...tokens.keys()].toSorted((a, b) => Math.abs(change[b]!) - Math.abs(change[a]!) || a - b).slice(0, MAX_TEXTS).map((at) => tokens[at]!);
  const before = await scoresOf(probe, reference, some);
  const distances: number[][] = [];
  let rows = rowsOf(some);
  for (const place of experts) {
    const ofPlace: number[] = [];
    for (const source of experts) {
      const after = await scoresOf(probe, composed(reference, candidate, players, new Set(), { [expertName(layer, place)]: expertName(layer, source) }), some);
      ofPlace.push(after.reduce((total, { logProbs }, text) => total + distance(logProbs, before[text]!.logProbs), 0));
      rows += rowsOf(some);
    }
    distances.push(ofPlace);
  }
  const best = cheapestAssignment(distances).map((at) => experts[at]!);
  if (best.every((source, at) => source === experts[at])) return { layer, experts, best, distances, bits: null, rows };
  const replace = Object.fromEntries(experts.map((place, at) => [expertName(layer, place), expertName(layer, best[at]!)]));
  const all = new Set(players.keys());
  const bits = await itemBits(probe, composed(reference, candidate, players, all, replace), tokens);
  return { layer, experts, best, distances, bits, rows: rows + rowsOf(tokens) };
}

/** Squared distance of the tokens' log-probabilities. */
function distance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, at) => sum + (value - b[at]!) ** 2, 0);
}
