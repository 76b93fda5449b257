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
  /** The first is what was measured. */
  readonly findings: readonly Finding[];
  readonly components: readonly NamedComponent[];
  readonly exchange: ExchangePart;
}

interface AttributionVerdict {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly named: readonly string[];
  readonly confidence: number;
  readonly causes: readonly { readonly cause: Cause; readonly confidence: number }[];
}

const CAUSES: readonly Cause[] = ['router', 'expert', 'both', 'interaction', 'backbone', 'neither'];
/** Below this the run says that it does not know. */
const SURE = 0.8;

/** Who did it, by name, and how sure that is. */
export function verdictOf({ layout, findings, components, exchange }: VerdictInput): AttributionVerdict {
  const [measured] = findings;
  const { cause, reason, effects } = measured!;
  const causes = CAUSES.map((one) => ({ cause: one, confidence: shareOf(findings, (finding) => finding.cause === one) })).filter(({ confidence }) => confidence > 0);
  const confidence = calibrated(causes.find((one) => one.cause === cause)?.confidence ?? 0);
  const named = namedBy(cause, reason, layout, components, exchange);
  const isWorse = effects.total > 0;
  const outcome = cause === 'neither' || !isWorse ? 'pass' : 'fail';
  const sameOutcome = shareOf(findings, (one) => (one.cause === 'neither' || one.effects.total <= 0) === (outcome === 'pass'));
  const detail = detailOf(cause, reason, named, effects.total, exchange);
  return {
    verdict: { outcome: sameOutcome >= SURE ? outcome : 'inconclusive', reasons: [{ reason: cause === 'neither' ? 'no-change' : `${cause}:${reason}`, detail }] },
    summary: `${detail} Confidence ${(100 * confidence).toFixed(0)} %.`,
    named,
    confidence,
    causes,
  };
}

function namedBy(cause: Cause, reason: CauseReason, { players }: AttributionLayout, components: readonly NamedComponent[], exchange: ExchangePart): string[] {
  if (cause === 'neither') return [];
  if (reason === 'experts-misplaced' && exchange !== null) return exchange.experts.flatMap((expert, at) => (exchange.best[at] === expert ? [] : [`expert/${exchange.layer}/${expert}`]));
  const sides: readonly Side[] = cause === 'both' || cause === 'interaction' ? ['router', 'expert', 'backbone'] : [cause];
  const found = components.filter((one) => one.players.some((player) => sides.includes(players[player]!.side)));
  // In a pair, one side alone may do good: it belongs to the mismatch all the same.
  const named = found.filter(({ named: isNamed, part }) => isNamed || (cause === 'interaction' && Math.abs(part ?? 0) >= MIN_SHARE));
  // A cause without a name would leave its reader nowhere: then the one with the largest part.
  const shown = named.length > 0 ? named : found.toSorted((a, b) => (b.part ?? 0) - (a.part ?? 0)).slice(0, 1);
  return shown.toSorted((a, b) => (b.part ?? 0) - (a.part ?? 0)).map(({ component }) => component);
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
