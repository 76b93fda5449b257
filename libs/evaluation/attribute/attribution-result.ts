import { type ReleaseManifest } from '#libs/release/manifest';
import { sampledShare } from '#libs/stats/shapley/permutation-shapley';
import { type RunInputs } from '../run/assay.ts';
import { type RunResult } from '../run/result.ts';
import { type Json } from '../run/run.ts';
import { type AttributionLayout, layOut, swapCells } from './layout.ts';
import { attributionSettings } from './attribution-settings.ts';
import { type Cause } from './cause.ts';
import { type Evidence, evidenceOf, exchangeOf } from './evidence.ts';
import { type CounterfactualPart, type DescendPart, type KnockOutPart, type OutlinePart, partsOf, type ReplayPart, scoreTable, type ScoreTable } from './parts.ts';
import { expandedTail, type Interval, percentiles, resampledRatio, resamplesOf, shareOf } from './resample.ts';
import { MIN_SHARE, minus, overall } from './shares.ts';
import { verdictOf, type NamedComponent } from './verdict.ts';

interface ComponentResult {
  readonly component: string;
  /** Of the change, in bits/byte. */
  readonly share: Interval;
  /** Share by the whole change; null where nothing changed. */
  readonly part: number | null;
  /** Of the share, for want of orders; null where all were taken. */
  readonly samplingError: number | null;
  /** Share of the repetitions in which it has a tenth of the change or more. */
  readonly confidence: number;
  readonly named: boolean;
}

export interface AttributionResult extends RunResult {
  readonly kind: 'attribution';
  readonly cause: Cause;
  readonly named: readonly string[];
  readonly confidence: number;
  readonly unit: 'bits/byte';
  readonly old: Interval;
  readonly new: Interval;
  readonly change: Interval;
  readonly effects: { readonly router: Interval; readonly experts: Interval; readonly interaction: Interval; readonly backbone: Interval; readonly routerMain: Interval; readonly expertsMain: Interval } | null;
  readonly causes: readonly { readonly cause: Cause; readonly confidence: number }[];
  /** The causes that cannot be told apart yet, the likeliest first. Left out by earlier versions. */
  readonly plausible?: readonly Cause[];
  readonly components: readonly ComponentResult[];
  readonly knockOut: readonly { readonly component: string; readonly old: Interval; readonly new: Interval }[];
  readonly replay: { readonly change: Interval; readonly detail: string } | string | null;
  readonly exchange: { readonly layer: number; readonly places: readonly number[]; readonly best: readonly number[]; readonly change: Interval | null } | null;
  readonly counterfactual: Json;
  readonly cost: { readonly rows: number; readonly coalitions: number; readonly items: number };
}

type Inputs = Pick<RunInputs, 'spec' | 'candidate'> & { readonly reference: ReleaseManifest };

/** The result of a run; pure. */
export function attributionResult({ spec, reference, candidate }: Inputs, parts: readonly Json[]): AttributionResult {
  const settings = attributionSettings(spec.settings);
  const { items } = parts[0] as unknown as OutlinePart;
  const layout = layOut(settings, reference, candidate, items);
  const base = { format: 'signalbox.result/1', kind: 'attribution', candidate: spec.candidate, reference: spec.reference, suite: spec.suite, unit: 'bits/byte' } as const;
  if (layout.players.length === 0) return { ...base, ...unchanged(items) };
  const table = scoreTable(layout, parts);
  const evidence = evidenceOf(layout, table, parts);
  const { findings, repetitions } = evidence;
  const [measured] = findings;
  const of = (value: (one: (typeof findings)[number]) => number): Interval => percentiles(findings.map(value), expandedTail(items));
  const components = componentsOf(layout, table, evidence);
  const exchange = exchangeOf(layout, parts);
  const verdict = verdictOf({ layout, findings, repetitions, components: components.map(({ component, part, named }, at): NamedComponent => ({ component, part, named, players: evidence.shares[at]!.players })), exchange });
  const isNamed = new Set(verdict.named);
  return {
    ...base,
    verdict: verdict.verdict,
    summary: verdict.summary,
    cause: measured!.cause,
    named: verdict.named,
    confidence: verdict.confidence,
    old: of(({ old }) => old),
    new: of(({ fresh }) => fresh),
    change: of(({ effects }) => effects.total),
    effects: {
      router: of(({ effects }) => effects.router),
      experts: of(({ effects }) => effects.experts),
      interaction: of(({ effects }) => effects.interaction),
      backbone: of(({ effects }) => effects.backbone),
      routerMain: of(({ effects }) => effects.router + effects.interaction / 2),
      expertsMain: of(({ effects }) => effects.experts + effects.interaction / 2),
    },
    causes: verdict.causes,
    plausible: verdict.plausible,
    components: components.map((one) => ({ ...one, named: isNamed.has(one.component) })),
    ...followUps(layout, table, parts),
    cost: { rows: costOf(layout, table, parts), coalitions: table.coalitions, items },
  };
}

function unchanged(items: number): Omit<AttributionResult, 'format' | 'kind' | 'candidate' | 'reference' | 'suite' | 'unit'> {
  const zero: Interval = { value: 0, low: 0, high: 0 };
  const detail = 'The two releases have the same parts and the same routing, so every answer is the same to the bit.';
  return {
    verdict: { outcome: 'pass', reasons: [{ reason: 'no-change', detail }] }, summary: detail, cause: 'neither', named: [], confidence: 1, old: zero, new: zero, change: zero, effects: null,
    causes: [{ cause: 'neither', confidence: 1 }], plausible: ['neither'], components: [], knockOut: [], replay: null, exchange: null, counterfactual: null, cost: { rows: 0, coalitions: 0, items },
  };
}

/** A component is named where it has a tenth of the change or more, as measured and in most repetitions. */
function componentsOf(layout: AttributionLayout, table: ScoreTable, { shares, findings, repetitions }: Evidence): ComponentResult[] {
  const total = findings[0]!.effects.total;
  return shares
    .map(({ name, pairs }, at): ComponentResult => {
      const share = percentiles(findings.map((one) => one.shares[at]!), expandedTail(layout.items));
      const confidence = shareOf(repetitions, (one) => one.shares[at]! / one.effects.total >= MIN_SHARE);
      const part = total === 0 ? null : share.value / total;
      return {
        component: name,
        share,
        part,
        samplingError: pairs.length < 2 ? null : sampledShare(pairs.map((bits) => overall(bits, table.bytes))).standardError,
        confidence,
        named: part !== null && part >= MIN_SHARE && confidence >= 0.5 && Math.abs(total) >= layout.settings.minBitsPerByte,
      };
    });
}

function followUps(layout: AttributionLayout, table: ScoreTable, parts: readonly Json[]): Pick<AttributionResult, 'knockOut' | 'replay' | 'exchange' | 'counterfactual'> {
  const { players, settings } = layout;
  const { old, both } = swapCells(players);
  const [oldBits, newBits] = [table.bits(old), table.bits(both)];
  const over = (bits: Float64Array): Interval => percentiles([...resamplesOf(bits.length, 1, settings.resamples, settings.seed)].map((resample) => resampledRatio(bits, table.bytes, resample)), expandedTail(bits.length));
  const less = (bits: readonly number[], from: Float64Array): Interval => over(minus(Float64Array.from(bits), from));
  const exchange = exchangeOf(layout, parts);
  const replayed = (partsOf(layout, parts, 'replay')[0]?.part ?? null) as unknown as ReplayPart | null;
  return {
    knockOut: partsOf(layout, parts, 'knock-out').flatMap(({ part }) => {
      const own = part as unknown as KnockOutPart;
      return own === null ? [] : [{ component: players[own.player]!.name, old: less(own.old, oldBits), new: less(own.fresh, newBits) }];
    }),
    replay: replayed === null || typeof replayed === 'string' ? replayed : { change: less(replayed.bits, oldBits), detail: 'the new release with the routes of the old one, less the old release' },
    exchange: exchange && { layer: exchange.layer, places: exchange.experts, best: exchange.best, change: exchange.bits === null ? null : less(exchange.bits, oldBits) },
    counterfactual: counterfactualOf((partsOf(layout, parts, 'counterfactual')[0]?.part ?? null) as unknown as CounterfactualPart | null),
  };
}

/** Sums over the fragile tokens; regret is what the best route that was tried would have saved. */
function counterfactualOf(part: CounterfactualPart | null): Json {
  if (part === null || typeof part === 'string') return part;
  const { layer, tried, tokens } = part;
  const total = (of: (token: (typeof tokens)[number]) => number): number => tokens.reduce((bits, token) => bits + of(token), 0);
  const lost = total(({ old, fresh }) => fresh - old);
  const share = (bits: number): number | null => (lost > 0 ? bits / lost : null);
  const regretBits = total(({ fresh, best }) => fresh - best);
  const oldRegretBits = total(({ old, bestOld }) => old - bestOld);
  return {
    layer, routesTried: tried, tokens: tokens.length, lostBits: lost, regretBits, oldRegretBits,
    wonBackShare: share(regretBits),
    wonBackByOldRouteShare: tokens.some(({ oldRoute }) => oldRoute === null) ? null : share(total(({ fresh, oldRoute }) => fresh - oldRoute!)),
    fixedTokens: tokens.filter(({ best, old }) => best <= old).length,
    worst: tokens.slice(0, 8).map(({ item, row, old, fresh, best, experts }) => ({ item, row, oldBits: old, newBits: fresh, bestBits: best, experts })),
  };
}

function costOf(layout: AttributionLayout, table: ScoreTable, parts: readonly Json[]): number {
  let rows = table.rows * table.coalitions;
  for (const kind of ['descend', 'replay', 'knock-out', 'exchange', 'counterfactual'] as const) {
    for (const { part } of partsOf(layout, parts, kind)) rows += (part as unknown as DescendPart)?.rows ?? 0;
  }
  return rows;
}
