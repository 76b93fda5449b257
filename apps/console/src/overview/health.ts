import { type Alert, type ObservedActivation, type OwedReview, type RequestFigures, type RolloutSummary } from '../api/gen/types.gen.ts';
import { type Tone } from '../ui/badge.tsx';
import { formatPercent, shortId } from '../ui/format.ts';

export interface HealthFacts {
  readonly model: string;
  readonly activation: (Serving & Pick<ObservedActivation, 'converged' | 'observed'>) | undefined;
  /** undefined as long as they are not known. */
  readonly alerts: readonly Pick<Alert, 'id' | 'signal' | 'state' | 'severity' | 'rule' | 'labels' | 'muted'>[] | undefined;
  readonly total: RequestFigures['total'] | undefined;
  readonly rollout: Pick<RolloutSummary, 'id' | 'state' | 'reason'> | null;
  readonly owed: readonly Pick<OwedReview, 'overdue' | 'change'>[];
}

/** Which releases serve, and as what. */
export interface Serving {
  readonly releaseId: string | null;
  readonly canary: { readonly releaseId: string } | null;
  readonly shadow: { readonly releaseId: string } | null;
}

/** Where to look at what is wrong. */
export type Place =
  | { readonly to: '/alerts/$alertId'; readonly params: { readonly alertId: string } }
  | { readonly to: '/releases/rollouts/$rolloutId'; readonly params: { readonly rolloutId: string } }
  | { readonly to: '/changes/$changeId'; readonly params: { readonly changeId: string } }
  | { readonly to: '/releases' | '/requests'; readonly params: Record<string, never> };

export interface Ailment {
  readonly key: string;
  readonly tone: 'bad' | 'warn' | 'info';
  readonly text: string;
  readonly place: Place;
}

export interface Health {
  readonly tone: Tone;
  readonly sentence: string;
  /** The worst first. */
  readonly ailments: readonly Ailment[];
}

/** From these shares of failed requests on. */
export const FAILED_WARN = 0.01;
export const FAILED_BAD = 0.05;
const FIRING = new Set<string>(['alerting', 'recovering', 'no-data', 'error']);
const ORDER = { bad: 0, warn: 1, info: 2 } as const;

export function isFiring({ state, signal }: Pick<Alert, 'state' | 'signal'>): boolean {
  return FIRING.has(state) && signal !== 'watchdog';
}

/** What labels name beside the model, in words: layer, expert, segment, and the release where it is not the stable one. Empty where they name nothing of it. */
export function whereOf(labels: Readonly<Record<string, unknown>>, serving: Serving | undefined): string {
  const named = ['layer', 'expert', 'tenant', 'task', 'language'].flatMap((name) => (typeof labels[name] === 'string' ? [`${name} ${labels[name]}`] : []));
  return [...named, ...ofRelease(labels['release'], serving)].join(', ');
}

function ofRelease(release: unknown, serving: Serving | undefined): readonly string[] {
  if (typeof release !== 'string' || release === serving?.releaseId) return [];
  if (release === serving?.canary?.releaseId) return ['canary'];
  return [release === serving?.shadow?.releaseId ? 'shadow' : `release ${shortId(release)}`];
}

/** How a model fares, in a sentence, and what is wrong with it. */
export function healthOf(facts: HealthFacts): Health {
  const ailments = [...ofProcesses(facts), ...ofAlerts(facts), ...ofTraffic(facts), ...ofChanges(facts)].toSorted((a, b) => ORDER[a.tone] - ORDER[b.tone]);
  const [worst] = ailments.filter(({ tone }) => tone !== 'info');
  if (worst === undefined) return { ...wellOf(facts), ailments };
  const others = ailments.filter(({ tone }) => tone !== 'info').length - 1;
  return { tone: worst.tone, sentence: others === 0 ? worst.text : `${worst.text}, and ${others} more ${others === 1 ? 'thing needs' : 'things need'} a look`, ailments };
}

function wellOf({ activation, alerts, total }: HealthFacts): Pick<Health, 'tone' | 'sentence'> {
  if (activation?.releaseId === null) return { tone: 'neutral', sentence: 'No release answers yet' };
  if (total === undefined || activation === undefined || alerts === undefined) return { tone: 'neutral', sentence: 'Looking' };
  if (total.withheld) return { tone: 'neutral', sentence: 'Ready, without traffic to judge by' };
  return { tone: 'ok', sentence: 'All is well' };
}

function ofProcesses({ activation }: HealthFacts): Ailment[] {
  if (activation === undefined || activation.releaseId === null) return [];
  const place = { to: '/releases', params: {} } as const;
  const live = activation.observed.filter(({ status }) => status === 'live');
  const failed = live.filter(({ state }) => state === 'failed').length;
  if (live.length === 0) return [{ key: 'processes', tone: 'bad', text: 'No inference process is live', place }];
  if (failed > 0) return [{ key: 'processes', tone: 'bad', text: `${failed} of ${live.length} processes cannot load a release`, place }];
  if (!activation.converged) return [{ key: 'processes', tone: 'warn', text: 'Not all processes have taken the newest activation', place }];
  return [];
}

function ofAlerts({ alerts, activation }: HealthFacts): Ailment[] {
  return (alerts ?? []).filter(isFiring).map(({ id, rule, labels, severity, state, muted }) => {
    const where = whereOf(labels, activation);
    const how = state === 'no-data' ? ' has no data' : state === 'error' ? ' cannot be judged' : '';
    const isQuiet = muted?.reason === 'silenced' || severity === 'info';
    return { key: id, tone: isQuiet ? 'info' : severity === 'critical' ? 'bad' : 'warn', text: `${rule.name}${where === '' ? '' : ` in ${where}`}${how}${muted?.reason === 'silenced' ? ' (silenced)' : ''}`, place: { to: '/alerts/$alertId', params: { alertId: id } } };
  });
}

function ofTraffic({ total }: HealthFacts): Ailment[] {
  const failed = total?.failedShare ?? 0;
  if (failed < FAILED_WARN) return [];
  return [{ key: 'failed', tone: failed < FAILED_BAD ? 'warn' : 'bad', text: `${formatPercent(failed)} of the requests failed`, place: { to: '/requests', params: {} } }];
}

function ofChanges({ rollout, owed }: HealthFacts): Ailment[] {
  const paused: Ailment[] = rollout?.state === 'paused' ? [{ key: rollout.id, tone: 'warn', text: `A rollout is paused: ${rollout.reason.replaceAll('-', ' ')}`, place: { to: '/releases/rollouts/$rolloutId', params: { rolloutId: rollout.id } } }] : [];
  const overdue = owed.filter((one) => one.overdue).map(({ change }): Ailment => ({ key: change.id, tone: 'warn', text: `The review of change ${change.number} is overdue`, place: { to: '/changes/$changeId', params: { changeId: change.id } } }));
  return [...paused, ...overdue];
}
