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

/**
 * Decides of alerts whether receivers are told of them now; resolving is always told of. Sources are looked up by
 * their labels, so that the work grows with the alerts and not with their square.
 */
export function muter(firing: readonly Labels[], silences: readonly Silence[], inhibitions: readonly InhibitionRule[], nowMs: number): (labels: Labels) => MuteDecision {
  const active = silences.filter(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs);
  const rules = inhibitions.map((rule) => ({ rule, sources: sourcesOf(rule, firing) })).filter(({ sources }) => sources.size > 0);
  return (labels) => {
    const silence = active.find(({ matchers }) => matchesAll(matchers, labels));
    if (silence) return { muted: true, reason: 'silenced', silenceId: silence.id };
    for (const { rule, sources } of rules) {
      const source = matchesAll(rule.target, labels) ? sources.get(agreement(rule, labels)) : undefined;
      if (source) return { muted: true, reason: 'inhibited', by: source };
    }
    return { muted: false };
  };
}

/** One source for each way to agree. An alert that is source and target at once does not inhibit itself. */
function sourcesOf(rule: InhibitionRule, firing: readonly Labels[]): ReadonlyMap<string, Labels> {
  const sources = new Map<string, Labels>();
  for (const labels of firing) {
    if (!matchesAll(rule.source, labels) || matchesAll(rule.target, labels)) continue;
    const key = agreement(rule, labels);
    if (!sources.has(key)) sources.set(key, labels);
  }
  return sources;
}

function agreement({ equal }: InhibitionRule, labels: Labels): string {
  return JSON.stringify(equal.map((label) => labels[label] ?? ''));
}
