import { type Verdict } from '../run/result.ts';
import { calibrated } from './calibration.ts';
import { type Cause, type CauseReason } from './cause.ts';
import { type Finding } from './evidence.ts';
import { type AttributionLayout } from './layout.ts';
import { type ExchangePart } from './parts.ts';
import { type Side } from './players.ts';
import { shareOf } from './resample.ts';
import { MIN_SHARE } from './shares.ts';

export interface NamedComponent {
  readonly component: string;
  readonly part: number | null;
  readonly named: boolean;
  readonly players: readonly number[];
}

interface VerdictInput {
  readonly layout: AttributionLayout;
  /** The first is what was measured, of both. */
  readonly findings: readonly Finding[];
  readonly repetitions: readonly Finding[];
  readonly components: readonly NamedComponent[];
  readonly exchange: ExchangePart;
}

interface AttributionVerdict {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly named: readonly string[];
  readonly confidence: number;
  readonly causes: readonly { readonly cause: Cause; readonly confidence: number }[];
  /** The causes that cannot be told apart yet, the likeliest first; one where it is decided. */
  readonly plausible: readonly Cause[];
}

const CAUSES: readonly Cause[] = ['router', 'expert', 'both', 'interaction', 'backbone', 'neither'];
/** Below this the run says that it does not know. */
const SURE = 0.8;
/** Causes are listed until together they have this share of the repetitions. */
const PLAUSIBLE = 0.9;

/** Who did it, by name, and how sure that is. */
export function verdictOf({ layout, findings, repetitions, components, exchange }: VerdictInput): AttributionVerdict {
  const [measured] = findings;
  const { cause, reason, effects } = measured!;
  const causes = CAUSES.map((one) => ({ cause: one, confidence: shareOf(repetitions, (finding) => finding.cause === one) })).filter(({ confidence }) => confidence > 0);
  const confidence = calibrated(causes.find((one) => one.cause === cause)?.confidence ?? 0);
  const plausible = plausibleOf(cause, causes);
  const named = namedBy(cause, reason, layout, components, exchange);
  const isWorse = effects.total > 0;
  const outcome = cause === 'neither' || !isWorse ? 'pass' : 'fail';
  const sameOutcome = shareOf(findings, (one) => (one.cause === 'neither' || one.effects.total <= 0) === (outcome === 'pass'));
  const detail = detailOf(cause, reason, named, effects.total, exchange);
  return {
    verdict: { outcome: sameOutcome >= SURE ? outcome : 'inconclusive', reasons: [{ reason: cause === 'neither' ? 'no-change' : `${cause}:${reason}`, detail }] },
    summary: `${detail} Confidence ${(100 * confidence).toFixed(0)} %.${plausible.length < 2 ? '' : ` Undecided between ${plausible.join(' and ')}: more texts would tell.`}`,
    named,
    confidence,
    causes,
    plausible,
  };
}

/** The fewest causes that have nine tenths of the repetitions, and what was measured among them. */
function plausibleOf(measured: Cause, causes: AttributionVerdict['causes']): Cause[] {
  const ranked = causes.toSorted((a, b) => b.confidence - a.confidence);
  let covered = 0;
  const plausible = ranked.filter(({ confidence }) => {
    const isNeeded = covered < PLAUSIBLE;
    covered += confidence;
    return isNeeded;
  }).map(({ cause }) => cause);
  return plausible.includes(measured) ? plausible : [...plausible, measured];
}

function namedBy(cause: Cause, reason: CauseReason, { players }: AttributionLayout, components: readonly NamedComponent[], exchange: ExchangePart): string[] {
  if (cause === 'neither') return [];
  if (reason === 'experts-misplaced' && exchange !== null) return exchange.experts.flatMap((expert, at) => (exchange.best[at] === expert ? [] : [`expert/${exchange.layer}/${expert}`]));
  const sides: readonly Side[] = cause === 'both' || cause === 'interaction' ? ['router', 'expert', 'backbone'] : [cause];
  const found = components.filter((one) => one.players.some((player) => sides.includes(players[player]!.side)));
  // In a pair, one side alone may do good, or what it does alone may hide its share: it belongs to the mismatch all the same.
  const named = cause === 'interaction' ? pairNamed(found, players) : found.filter(({ named: isNamed }) => isNamed);
  // A cause without a name would leave its reader nowhere: then the one with the largest part.
  const shown = named.length > 0 ? named : found.toSorted((a, b) => (b.part ?? 0) - (a.part ?? 0)).slice(0, 1);
  return shown.toSorted((a, b) => (b.part ?? 0) - (a.part ?? 0)).map(({ component }) => component);
}

/** A mismatch has a part on each side: those with a tenth of the change in either direction, or else the largest of the side. */
function pairNamed(found: readonly NamedComponent[], players: AttributionLayout['players']): NamedComponent[] {
  const size = ({ part }: NamedComponent): number => Math.abs(part ?? 0);
  const large = new Set(found.filter((one) => size(one) >= MIN_SHARE));
  for (const side of ['router', 'expert'] as const) {
    const own = found.filter((one) => one.players.some((player) => players[player]!.side === side));
    if (own.length > 0 && !own.some((one) => large.has(one))) large.add(own.reduce((best, one) => (size(one) > size(best) ? one : best)));
  }
  return [...large];
}

function detailOf(cause: Cause, reason: CauseReason, named: readonly string[], total: number, exchange: ExchangePart): string {
  const change = `${total > 0 ? 'It got worse' : 'It got better'} by ${Math.abs(total).toPrecision(3)} bits/byte`;
  const names = named.join(', ');
  switch (cause) {
    case 'neither':
      return `The texts cost ${total >= 0 ? '' : '-'}${Math.abs(total).toPrecision(2)} bits/byte more, which is below what counts: neither router nor expert.`;
    case 'router':
      return `${change}, by the router: ${names}.`;
    case 'expert':
      return `${change}, by the experts: ${names}.`;
    case 'both':
      return `${change}, by more than one side, each alone: ${names}.`;
    case 'backbone':
      return `${change}, by the backbone: ${names}.`;
    case 'interaction':
      return reason === 'experts-misplaced'
        ? `${change}, by a mismatch: the experts ${names} of layer ${exchange?.layer} are good at each other's places, and its router does not know it.`
        : `${change}, by the pair: new routers with old experts are harmless, and so are new experts with old routers, but not both (${names}).`;
  }
}
