import { type DataRules, type Timeline, type Usage } from '../api/gen/types.gen.ts';
import { type Series } from '../charts/time-series.tsx';

/** How a group of requests uses one expert. */
export interface GroupUse {
  readonly group: string;
  readonly requests: number;
  /** Share of the group's selections in the layer that go to the expert, 0 to 1. */
  readonly share: number;
  /** That share over the expert's share in all traffic; null where that is 0. Above 1: the group uses it more than others do. */
  readonly lift: number | null;
  /** Share of the expert's selections that come from the group. */
  readonly ofExpert: number;
  /** Share of all selections in the layer that come from the group. */
  readonly ofAll: number;
}

/**
 * Who uses an expert, by groups of a usage answer of one layer; those that use it most for their size first.
 * Withheld groups are left out, and shares of all are of the groups that are shown.
 */
export function usersOf({ groups }: Pick<Usage, 'groups'>, expert: number): readonly GroupUse[] {
  const shown = groups.flatMap(({ group, requests, layers }) => {
    const load = layers?.[0]?.load;
    return load === undefined ? [] : [{ group, requests: requests ?? 0, own: load[expert] ?? 0, all: sum(load) }];
  });
  const [own, all] = [sum(shown.map((one) => one.own)), sum(shown.map((one) => one.all))];
  const overall = all === 0 ? 0 : own / all;
  return shown
    .map((one): GroupUse => {
      const share = one.all === 0 ? 0 : one.own / one.all;
      return { group: one.group, requests: one.requests, share, lift: overall === 0 ? null : share / overall, ofExpert: own === 0 ? 0 : one.own / own, ofAll: all === 0 ? 0 : one.all / all };
    })
    .toSorted((a, b) => (b.lift ?? 0) - (a.lift ?? 0) || b.requests - a.requests);
}

/** Experts of the layer by how often they serve a token together with one of them, most first; empty where it served none. */
export function partnersOf(matrix: readonly (readonly number[] | null)[] | undefined, expert: number): readonly { readonly expert: number; readonly share: number }[] {
  const row = matrix?.[expert];
  if (row === null || row === undefined) return [];
  return row.flatMap((share, other) => (other === expert ? [] : [{ expert: other, share }])).toSorted((a, b) => b.share - a.share || a.expert - b.expert);
}

/** Place of an expert among those of its layer, 1 for the largest; those that are equal share the better place. */
export function rankOf(values: readonly number[], expert: number): number {
  const own = values[expert] ?? 0;
  return 1 + values.filter((value) => value > own).length;
}

const STEP_MS = { minute: 60_000, hour: 3_600_000 };

/** Share of the expert over time, with what it is compared with; a gap wherever there was no traffic for a while. */
export function shareOverTime({ step, buckets, experts }: Timeline, expert: number, baselineShare: number | null): { readonly atMs: readonly number[]; readonly series: readonly Series[] } {
  const atMs: number[] = [];
  const values: (number | null)[] = [];
  for (const { at, layers } of buckets) {
    const last = atMs.at(-1);
    if (last !== undefined && Date.parse(at) - last > 2 * STEP_MS[step]) {
      atMs.push(last + STEP_MS[step]);
      values.push(null);
    }
    atMs.push(Date.parse(at));
    values.push(layers?.[0]?.share[expert] ?? null);
  }
  const constant = (label: string, value: number): Series => ({ label, values: atMs.map(() => value), isReference: true });
  return { atMs, series: [{ label: `expert ${expert}`, values }, baselineShare === null ? constant('even share', 1 / experts) : constant('baseline', baselineShare)] };
}

export type DataRule = DataRules['rules'][number];

/** Rules that name an expert: by its place, or by the version that is there. */
export function rulesNaming(rules: readonly DataRule[], place: string, sha256: string | undefined): readonly DataRule[] {
  return rules.filter(({ expert }) => expert === place || expert === `sha256:${sha256}`);
}

/** A rule in words. */
export function ruleText({ effect, tenants, regions, dataClasses, licences }: DataRule): string {
  const lists = [['tenant', tenants], ['region', regions], ['data class', dataClasses], ['licence', licences]] as const;
  const parts = lists.flatMap(([name, values]) => (values === undefined ? [] : [`${name} ${values.join(' or ')}`]));
  const which = parts.length === 0 ? 'any label' : parts.join(' and ');
  return effect === 'deny' ? `never serves requests with ${which}` : `serves only requests with ${which}`;
}

/** Whether labels of an alert or a reading are about one expert of a layer. */
export function isAbout(labels: Readonly<Record<string, unknown>>, layer: number, expert: number): boolean {
  return String(labels['layer']) === String(layer) && String(labels['expert']) === String(expert);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
