import { type WeightedExpert } from '#libs/checkpoint/derive/densify-release';
import { rankGeneralists } from '#libs/stats/generalists';
import { GATE_UNITS } from '#libs/trace/limits';
import { type UsageGroup } from '#libs/store/usage/usage-query';

/**
 * Which experts of each layer make the dense one, and by how much each counts. Without `given`, those that the
 * groups (tasks) use most evenly. An expert counts by its mean gate in the recorded traffic; the gates of a layer
 * are scaled to add up to 1, as those of a token do.
 * @param given [layer][experts]
 * @returns null where experts are not given and a layer has no recorded traffic
 */
export function chooseExperts(groups: readonly UsageGroup[], layers: number, expertsPerLayer: number, given?: readonly (readonly number[])[]): readonly (readonly WeightedExpert[])[] | null {
  const chosen: WeightedExpert[][] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    const used = groups.flatMap((group) => group.layers.filter((one) => one.layer === layer && one.load.some((rows) => rows > 0)));
    const named = given?.[layer];
    if (used.length === 0 && !named) return null;
    const experts = named ?? rankGeneralists(used).slice(0, expertsPerLayer).map(({ expert }) => expert);
    const masses = experts.map((expert) => used.reduce((sum, { gateMass }) => sum + (gateMass[expert] ?? 0) / GATE_UNITS, 0));
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    chosen.push(experts.map((expert, at) => ({ expert, gate: total > 0 ? masses[at]! / total : 1 / experts.length })));
  }
  return chosen;
}
