import { type NotificationPolicy, type NotificationPolicyRequest } from '../../api/gen/types.gen.ts';
import { durationMs, durationText } from '../parts/duration-text.ts';
import { draftOf, matcherOf, type MatcherDraft } from '../parts/matcher-draft.ts';

export interface TimingDraft {
  readonly wait: string;
  readonly interval: string;
  readonly repeat: string;
}

export interface RouteDraft {
  readonly name: string;
  readonly matchers: readonly MatcherDraft[];
  readonly receivers: readonly string[];
  /** null: that of the policy. */
  readonly groupBy: string | null;
  readonly timing: TimingDraft | null;
  readonly continues: boolean;
}

export interface EscalationDraft {
  readonly name: string;
  readonly matchers: readonly MatcherDraft[];
  readonly after: string;
  readonly receivers: readonly string[];
}

export interface InhibitionDraft {
  readonly source: readonly MatcherDraft[];
  readonly target: readonly MatcherDraft[];
  readonly equal: string;
}

/** The policy while it is edited: durations and lists as they are typed. */
export interface PolicyDraft {
  readonly receivers: readonly string[];
  readonly groupBy: string;
  readonly timing: TimingDraft;
  readonly routes: readonly RouteDraft[];
  readonly inhibitions: readonly InhibitionDraft[];
  readonly escalations: readonly EscalationDraft[];
  readonly watchdogRepeat: string;
}

type Timing = NotificationPolicy['timing'];

const drafts = (timing: Timing): TimingDraft => ({ wait: durationText(timing.groupWaitMs), interval: durationText(timing.groupIntervalMs), repeat: durationText(timing.repeatIntervalMs) });
const listOf = (text: string): string[] => text.split(',').map((one) => one.trim()).filter((one) => one !== '');

function timingOf({ wait, interval, repeat }: TimingDraft): Timing | null {
  const [groupWaitMs, groupIntervalMs, repeatIntervalMs] = [durationMs(wait), durationMs(interval), durationMs(repeat)];
  return groupWaitMs === null || groupIntervalMs === null || repeatIntervalMs === null ? null : { groupWaitMs, groupIntervalMs, repeatIntervalMs };
}

export function draftOfPolicy({ receivers, groupBy, timing, routes, inhibitions, escalations, watchdogRepeatMs }: NotificationPolicy): PolicyDraft {
  return {
    receivers, groupBy: groupBy.join(', '), timing: drafts(timing), watchdogRepeat: durationText(watchdogRepeatMs),
    routes: routes.map((route) => ({ ...route, matchers: route.matchers.map(draftOf), groupBy: route.groupBy?.join(', ') ?? null, timing: route.timing && drafts(route.timing) })),
    inhibitions: inhibitions.map(({ source, target, equal }) => ({ source: source.map(draftOf), target: target.map(draftOf), equal: equal.join(', ') })),
    escalations: escalations.map(({ afterMs, ...same }) => ({ ...same, matchers: same.matchers.map(draftOf), after: durationText(afterMs) })),
  };
}

/** As the API takes it; null where a duration cannot be read. */
export function policyOfDraft({ receivers, groupBy, timing, routes, inhibitions, escalations, watchdogRepeat }: PolicyDraft): NotificationPolicyRequest | null {
  const own = timingOf(timing);
  const watchdogRepeatMs = durationMs(watchdogRepeat);
  const ofRoutes = routes.map((route) => ({ route, timing: route.timing === null ? undefined : timingOf(route.timing) }));
  const ofEscalations = escalations.map((one) => ({ one, afterMs: durationMs(one.after) }));
  if (own === null || watchdogRepeatMs === null || ofRoutes.some((one) => one.timing === null) || ofEscalations.some(({ afterMs }) => afterMs === null)) return null;
  return {
    receivers: [...receivers], groupBy: listOf(groupBy), timing: own, watchdogRepeatMs,
    routes: ofRoutes.map(({ route, timing: special }) => ({ name: route.name.trim(), matchers: route.matchers.map(matcherOf), receivers: [...route.receivers], groupBy: route.groupBy === null ? null : listOf(route.groupBy), timing: special ?? null, continues: route.continues })),
    inhibitions: inhibitions.map(({ source, target, equal }) => ({ source: source.map(matcherOf), target: target.map(matcherOf), equal: listOf(equal) })),
    escalations: ofEscalations.map(({ one, afterMs }) => ({ name: one.name.trim(), matchers: one.matchers.map(matcherOf), receivers: [...one.receivers], afterMs: afterMs! })),
  };
}

/** The list with one of it moved by a place, up or down. */
export function moved<T>(all: readonly T[], at: number, by: -1 | 1): readonly T[] {
  const to = at + by;
  if (to < 0 || to >= all.length) return all;
  const next = [...all];
  [next[at], next[to]] = [next[to]!, next[at]!];
  return next;
}
