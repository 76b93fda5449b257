import { type AlertRule, type AlertRuleEdit } from '../../api/gen/types.gen.ts';
import { durationMs, durationText } from '../parts/duration-text.ts';
import { textLabels } from '../parts/labels.ts';
import { draftOf, matcherOf, type MatcherDraft } from '../parts/matcher-draft.ts';
import { type SignalFacts } from '../parts/signals.ts';

export interface LimitDraft {
  readonly severity: 'info' | 'warning' | 'critical';
  readonly is: 'above' | 'below';
  readonly limit: string;
  readonly by: 'value' | 'interval';
}

export interface TextPair {
  readonly name: string;
  readonly text: string;
}

/** A rule while it is edited: numbers and durations as they are typed. */
export interface RuleDraft {
  readonly name: string;
  readonly signal: AlertRule['signal'];
  readonly matchers: readonly MatcherDraft[];
  readonly limits: readonly LimitDraft[];
  readonly forText: string;
  readonly keepFiringText: string;
  readonly noDataText: string;
  readonly labels: readonly TextPair[];
  readonly annotations: readonly TextPair[];
  readonly actions: readonly AlertRule['actions'][number]['kind'][];
  readonly enabled: boolean;
}

export function newRule(signal: AlertRule['signal'], worse: SignalFacts['worse']): RuleDraft {
  return {
    name: '', signal, matchers: [], limits: [{ severity: 'warning', is: worse, limit: '', by: 'value' }], forText: '0 s', keepFiringText: '5 min', noDataText: '1 d', labels: [], annotations: [{ name: 'summary', text: '' }], actions: [], enabled: true,
  };
}

export function draftOfRule({ name, signal, matchers, limits, timing, labels, annotations, actions, enabled }: AlertRule): RuleDraft {
  const pairs = (all: Readonly<Record<string, unknown>>): TextPair[] => Object.entries(textLabels(all)).map(([one, text]) => ({ name: one, text }));
  return {
    name, signal, matchers: matchers.map(draftOf), limits: limits.map(({ limit, ...same }) => ({ ...same, limit: String(limit) })),
    forText: durationText(timing.forMs), keepFiringText: durationText(timing.keepFiringForMs), noDataText: durationText(timing.noDataAfterMs),
    labels: pairs(labels), annotations: pairs(annotations), actions: actions.map(({ kind }) => kind), enabled,
  };
}

/** As the API takes it; null where a number or duration cannot be read, so that nothing is asked of the server yet. */
export function ruleOfDraft({ name, signal, matchers, limits, forText, keepFiringText, noDataText, labels, annotations, actions, enabled }: RuleDraft): AlertRuleEdit | null {
  const [forMs, keepFiringForMs, noDataAfterMs] = [durationMs(forText), durationMs(keepFiringText), durationMs(noDataText)];
  if (forMs === null || keepFiringForMs === null || noDataAfterMs === null) return null;
  if (limits.some(({ limit }) => limit.trim() === '' || !Number.isFinite(Number(limit)))) return null;
  const filled = (pairs: readonly TextPair[]): Record<string, string> => Object.fromEntries(pairs.filter((pair) => pair.name.trim() !== '' && pair.text !== '').map((pair) => [pair.name.trim(), pair.text]));
  return {
    name: name.trim(), signal, matchers: matchers.map(matcherOf), limits: limits.map(({ limit, ...same }) => ({ ...same, limit: Number(limit) })), timing: { forMs, keepFiringForMs, noDataAfterMs },
    labels: filled(labels), annotations: filled(annotations), actions: actions.map((kind) => ({ kind })), enabled,
  };
}

/** Labels that all readings of the rule carry: those of matchers that name one value. */
export function fixedLabels(matchers: readonly MatcherDraft[]): Readonly<Record<string, string>> {
  return Object.fromEntries(matchers.filter(({ is, text }) => is === 'equal' && text !== '').map(({ label, text }) => [label.trim(), text]));
}
