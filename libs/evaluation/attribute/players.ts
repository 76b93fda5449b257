import { parseComponentName, type ComponentName } from '#libs/release/component';
import { composeManifest, type RoutingChange } from '#libs/release/compose-manifest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { canonicalJson } from '#libs/release/manifest-digest';
import { diffManifests } from '#libs/release/release-diff';
import { EvaluationError } from '../evaluation-error.ts';

/** Whose business a changed part is: routing settings are the router's, as they make a selection of its gates. */
export type Side = 'router' | 'expert' | 'backbone';

/** One thing that changed between the old release and the new one. */
export interface Player {
  /** Name of the component, or `routing`. */
  readonly name: string;
  readonly side: Side;
  /** null: of no layer alone. */
  readonly layer: number | null;
}

/** Players that are told apart only where their share is large: those of one layer, or one that belongs to none. */
export interface Unit {
  readonly name: string;
  /** Positions in the list of players. */
  readonly members: readonly number[];
}

const ROUTING = 'routing';

/** What changed, as a model is built. @throws EvaluationError where the releases cannot be compared part by part */
export function playersOf(reference: ReleaseManifest, candidate: ReleaseManifest): Player[] {
  if (reference.architecture !== candidate.architecture || canonicalJson(reference.shape) !== canonicalJson(candidate.shape)) {
    throw new EvaluationError('shapes-differ', 'reference', 'The two releases have different shapes, so no part of one fits into the other. Choose a reference of the same shape.');
  }
  const { components, settings } = diffManifests(reference, candidate);
  const players = components.map(({ name, kind }): Player => {
    if (kind === 'tokenizer') throw new EvaluationError('tokenizer-changed', 'reference', 'The two releases have different tokenizers, so their tokens cannot be compared one by one. Choose a reference with the same tokenizer.');
    const parsed = parseComponentName(name);
    return { name, side: kind === 'router' || kind === 'expert' ? kind : 'backbone', layer: parsed && 'layer' in parsed ? parsed.layer : null };
  });
  return settings.some(({ field }) => field.startsWith('routing.')) ? [...players, { name: ROUTING, side: 'router', layer: null }] : players;
}

/** Each player alone where there are few; else the players of each layer together. */
export function unitsOf(players: readonly Player[], exactPlayers: number): Unit[] {
  if (players.length <= exactPlayers) return players.map(({ name }, at) => ({ name, members: [at] }));
  const units = new Map<string, number[]>();
  for (const [at, { name, layer }] of players.entries()) {
    const unit = layer === null ? name : `layer/${layer}`;
    units.set(unit, [...(units.get(unit) ?? []), at]);
  }
  return [...units].map(([name, members]) => ({ name: members.length === 1 ? players[members[0]!]!.name : name, members }));
}

/** Which players are new: the others are as they were. */
export type Coalition = ReadonlySet<number>;

export function coalitionKey(coalition: Coalition): string {
  return [...coalition].toSorted((a, b) => a - b).join(',');
}

/** The old release with some of its parts as they are in the new one. @param replace single components on top, such as an expert at another's place */
export function composed(reference: ReleaseManifest, candidate: ReleaseManifest, players: readonly Player[], coalition: Coalition, replace: Readonly<Record<ComponentName, ComponentName>> = {}): ReleaseManifest {
  const names = [...coalition].map((at) => players[at]!.name);
  const fromCandidate = Object.fromEntries(names.filter((name) => name !== ROUTING).map((name) => [name, candidate.components[name]!]));
  const placed = Object.fromEntries(Object.entries(replace).map(([place, source]) => [place, candidate.components[source]!]));
  return composeManifest({ base: reference, ...(names.includes(ROUTING) && { routing: routingChange(reference, candidate) }), replace: { ...fromCandidate, ...placed } });
}

function routingChange(reference: ReleaseManifest, candidate: ReleaseManifest): RoutingChange {
  return { ...Object.fromEntries(Object.keys(reference.routing).map((name) => [name, null])), ...candidate.routing };
}
