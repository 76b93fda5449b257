import { expertName, parseComponentName } from '#libs/release/component';
import { type Probe } from '../probe/probe.ts';
import { cheapestAssignment } from './cheapest-assignment.ts';
import { type Releases } from './descend.ts';
import { type ExchangePart } from './parts.ts';
import { composed, type Player } from './players.ts';
import { itemBits, rowsOf } from './texts.ts';

/** Texts on which places are tried; the exchange that is found is scored on all. */
const MAX_TEXTS = 8;

/**
 * Whether the experts of a layer are good, and only stand at each other's places: each changed expert is put
 * at each changed place of the old release, and the assignment of the lowest loss is looked for. Where it is
 * another than that of the new release, the new release is scored with it.
 * @param chosen players, experts of one layer, two or more
 */
export async function exchange(chosen: readonly number[], players: readonly Player[], { reference, candidate }: Releases, probe: Probe, tokens: readonly Uint32Array[]): Promise<ExchangePart> {
  const places = chosen.flatMap((player) => {
    const parsed = parseComponentName(players[player]!.name);
    return parsed?.kind === 'expert' ? [parsed] : [];
  });
  const [first] = places;
  if (!first || places.length < 2) return null;
  const { layer } = first;
  const experts = places.map(({ index }) => index);
  const some = tokens.slice(0, MAX_TEXTS);
  const costs: number[][] = [];
  let rows = 0;
  for (const place of experts) {
    const ofPlace: number[] = [];
    for (const source of experts) {
      const bits = await itemBits(probe, composed(reference, candidate, players, new Set(), { [expertName(layer, place)]: expertName(layer, source) }), some);
      ofPlace.push(bits.reduce((total, own) => total + own, 0));
      rows += rowsOf(some);
    }
    costs.push(ofPlace);
  }
  const best = cheapestAssignment(costs).map((at) => experts[at]!);
  if (best.every((source, at) => source === experts[at])) return { layer, experts, best, bits: null, rows };
  const replace = Object.fromEntries(experts.map((place, at) => [expertName(layer, place), expertName(layer, best[at]!)]));
  const all = new Set(players.keys());
  const bits = await itemBits(probe, composed(reference, candidate, players, all, replace), tokens);
  return { layer, experts, best, bits, rows: rows + rowsOf(tokens) };
}
