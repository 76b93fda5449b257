import { type Labels } from '../alert/alert.ts';
import { type Matcher, matchesAll } from '../alert/matcher.ts';

export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** While a source fires, targets that agree with it in `equal` labels are not told of. */
export interface InhibitionRule {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  /** Labels in which source and target must agree; missing on both sides counts as agreeing. */
  readonly equal: readonly string[];
}

export type MuteDecision =
  | { readonly muted: false }
  | { readonly muted: true; readonly reason: 'silenced'; readonly silenceId: string }
  | { readonly muted: true; readonly reason: 'inhibited'; readonly by: Labels };

/** Decides whether receivers are told of an alert now. Resolving is always told of. */
export function decideMute(labels: Labels, firing: readonly Labels[], silences: readonly Silence[], inhibitions: readonly InhibitionRule[], nowMs: number): MuteDecision {
  const silence = silences.find(({ matchers, fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs && matchesAll(matchers, labels));
  if (silence) return { muted: true, reason: 'silenced', silenceId: silence.id };
  for (const rule of inhibitions) {
    if (!matchesAll(rule.target, labels)) continue;
    // An alert that is source and target at once does not inhibit itself.
    const source = firing.find((other) => matchesAll(rule.source, other) && !matchesAll(rule.target, other) && rule.equal.every((label) => (other[label] ?? '') === (labels[label] ?? '')));
    if (source) return { muted: true, reason: 'inhibited', by: source };
  }
  return { muted: false };
}
