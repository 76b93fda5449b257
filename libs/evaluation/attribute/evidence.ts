import { type Json } from '../run/run.ts';
import { type CauseEvidence, causeOf, type Cause, type CauseReason } from './cause.ts';
import { type AttributionLayout, swapCells } from './layout.ts';
import { type ExchangePart, partsOf, type ScoreTable } from './parts.ts';
import { repetitionsOf, type Resample, resampledRatio, resamplesOf } from './resample.ts';
import { componentShares, minus, type Share } from './shares.ts';

/** What one resample says; the first is what was measured. */
export interface Finding extends CauseEvidence {
  readonly cause: Cause;
  readonly reason: CauseReason;
  readonly old: number;
  readonly fresh: number;
  /** [shares], bits/byte. */
  readonly shares: readonly number[];
}

export interface Evidence {
  readonly shares: readonly Share[];
  /** Of resamples of the texts: how far what was measured may be off. */
  readonly findings: readonly Finding[];
  /** Of repetitions with as many other texts: what they would say. */
  readonly repetitions: readonly Finding[];
}

export function exchangeOf(layout: AttributionLayout, parts: readonly Json[]): ExchangePart {
  return (partsOf(layout, parts, 'exchange')[0]?.part ?? null) as unknown as ExchangePart;
}

/** Keeps the draws of resamples apart from those of orders. */
const RESAMPLES = 0x5bd1;
const REPETITIONS = 0x27d4;

/** The swap, the shares and the cause, as measured, in each resample and in each repetition. */
export function evidenceOf(layout: AttributionLayout, table: ScoreTable, parts: readonly Json[]): Evidence {
  const { settings, players } = layout;
  const { bytes } = table;
  const cells = swapCells(players);
  const [old, neither, routers, experts, both] = [cells.old, cells.neither, cells.routers, cells.experts, cells.both].map((cell) => table.bits(cell)) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const exchangedBits = exchangeOf(layout, parts)?.bits ?? null;
  const exchanged = exchangedBits === null ? null : minus(Float64Array.from(exchangedBits), old);
  const shares = componentShares(layout, table, parts);
  const terms = { total: minus(both, old), backbone: minus(neither, old), router: minus(routers, neither), experts: minus(experts, neither), interaction: minus(minus(both, routers), minus(experts, neither)) };
  const findingOf = (resample: Resample): Finding => {
    const ratio = (bits: Float64Array): number => resampledRatio(bits, bytes, resample);
    const effects = { total: ratio(terms.total), backbone: ratio(terms.backbone), router: ratio(terms.router), experts: ratio(terms.experts), interaction: ratio(terms.interaction) };
    const evidence = { effects, exchanged: exchanged && ratio(exchanged) };
    return { ...evidence, ...causeOf(evidence, settings.minBitsPerByte), old: ratio(old), fresh: ratio(both), shares: shares.map(({ pairs }) => ratio(pairs.length === 1 ? pairs[0]! : weighted(pairs, resample.pairs))) };
  };
  const drawnBy = (of: typeof resamplesOf, stream: number): Finding[] => [...of(bytes.length, settings.orderPairs, settings.resamples, (settings.seed ^ stream) >>> 0)].map(findingOf);
  return { shares, findings: drawnBy(resamplesOf, RESAMPLES), repetitions: drawnBy(repetitionsOf, REPETITIONS) };
}

function weighted(pairs: readonly Float64Array[], weights: Float64Array): Float64Array {
  const mean = new Float64Array(pairs[0]!.length);
  for (const [pair, bits] of pairs.entries()) for (let at = 0; at < mean.length; at++) mean[at]! += (weights[pair]! * bits[at]!) / pairs.length;
  return mean;
}
