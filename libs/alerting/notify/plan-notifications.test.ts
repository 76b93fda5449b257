import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Silence } from './mute.ts';
import { type FiringAlert, MAX_ALERTS, type NotificationPlan, planNotifications, type ToldGroup } from './plan-notifications.ts';
import { DEFAULT_POLICY, type NotificationPolicy } from './policy.ts';

const TIMING = { groupWaitMs: 10, groupIntervalMs: 50, repeatIntervalMs: 1000 };
const POLICY: NotificationPolicy = { ...DEFAULT_POLICY, receivers: ['team'], timing: TIMING, inhibitions: [] };
const alert = (name: string, over: Partial<FiringAlert> & { labels?: Record<string, string> } = {}): FiringAlert => ({
  fingerprint: `f${name}`, severity: 'warning', startedAtMs: 0, isAcknowledged: false, ...over,
  labels: { model: 'toy', release: 'a', signal: 'mix-shift', layer: name, severity: over.severity ?? 'warning', ...over.labels },
});

/** Plans at one time after another, as an evaluator that forgets all but its groups does. */
function follow(policy: NotificationPolicy) {
  let groups: readonly ToldGroup[] = [];
  return (nowMs: number, firing: readonly FiringAlert[], silences: readonly Silence[] = [], other = policy): NotificationPlan => {
    const plan = planNotifications({ firing, groups: JSON.parse(JSON.stringify(groups)) as ToldGroup[], silences, policy: other, nowMs });
    groups = plan.groups;
    return plan;
  };
}

describe('planNotifications', () => {
  it('makes one notification of the layers of a release, and one of their ends', () => {
    const at = follow(POLICY);
    expect(at(0, [alert('0'), alert('1')]).notifications).toEqual([]);
    expect(at(10, [alert('0'), alert('1'), alert('2')]).notifications).toMatchObject([{ receiverId: 'team', reason: 'new-group', firing: ['f0', 'f1', 'f2'], resolved: [], groupLabels: { model: 'toy', release: 'a', signal: 'mix-shift' } }]);
    expect(at(60, [alert('1')]).notifications).toMatchObject([{ reason: 'resolved', firing: ['f1'], resolved: ['f0', 'f2'] }]);
    const last = at(120, []);
    expect(last.notifications).toMatchObject([{ reason: 'resolved', firing: [], resolved: ['f1'] }]);
    expect(last.groups).toEqual([]);
  });

  it('takes a higher severity for news', () => {
    const at = follow(POLICY);
    at(0, [alert('0')]);
    at(10, [alert('0')]);
    expect(at(60, [alert('0', { severity: 'critical' })]).notifications).toMatchObject([{ reason: 'new-alerts', firing: ['f0'] }]);
    expect(at(110, [alert('0', { severity: 'critical' })]).notifications).toEqual([]);
  });

  it('does not tell of what is silenced, but of its end, if it was told of before', () => {
    const at = follow(POLICY);
    const silence: Silence = { id: 's', matchers: [{ label: 'layer', is: 'equal', value: '0' }], fromMs: 20, untilMs: 10_000 };
    at(0, [alert('0')]);
    at(10, [alert('0')]);
    const muted = at(2000, [alert('0')], [silence]);
    expect(muted.notifications).toEqual([]);
    expect(muted.muted.get('f0')).toEqual({ muted: true, reason: 'silenced', silenceId: 's' });
    expect(at(2001, [], [silence]).notifications).toMatchObject([{ reason: 'resolved', resolved: ['f0'] }]);
    expect([at(3000, [alert('0')], [silence]), at(4000, [], [silence])].flatMap((plan) => plan.notifications)).toEqual([]);
  });

  it('inhibits by default: no data all but the watchdog, router shifts mix shifts of their layer, critical warnings', () => {
    const { muted } = planNotifications({
      firing: [
        alert('0', { fingerprint: 'router', labels: { signal: 'router-shift' } }), alert('0', { fingerprint: 'mix' }), alert('1', { fingerprint: 'other-layer' }),
        { ...alert('x', { fingerprint: 'silent' }), labels: { model: 'other', signal: 'no-data', severity: 'warning' } }, alert('0', { fingerprint: 'hushed', labels: { model: 'other' } }),
        { ...alert('w', { fingerprint: 'watchdog' }), labels: { signal: 'watchdog', severity: 'info' } },
      ],
      groups: [], silences: [], policy: DEFAULT_POLICY, nowMs: 0,
    });
    expect([...muted.keys()].toSorted()).toEqual(['hushed', 'mix']);
  });

  it('escalates what nobody has acknowledged, and tells those people of its end', () => {
    const policy: NotificationPolicy = { ...POLICY, escalations: [{ name: 'boss', matchers: [], afterMs: 500, receivers: ['boss'] }] };
    const at = follow(policy);
    at(0, [alert('0'), alert('1', { isAcknowledged: true })]);
    at(10, [alert('0'), alert('1', { isAcknowledged: true })]);
    expect(at(500, [alert('0'), alert('1', { isAcknowledged: true })]).notifications).toMatchObject([{ receiverId: 'boss', reason: 'escalation', firing: ['f0'] }]);
    expect(at(600, [alert('0', { isAcknowledged: true })]).notifications).toMatchObject([{ receiverId: 'team', resolved: ['f1'] }]);
    expect(at(5000, []).notifications.map(({ receiverId, resolved }) => [receiverId, resolved])).toEqual(expect.arrayContaining([['boss', ['f0']], ['team', ['f0']]]));
  });

  it('takes the first route that matches, and those after it while they continue', () => {
    const route = { groupBy: null, timing: null };
    const policy: NotificationPolicy = {
      ...POLICY,
      routes: [
        { ...route, name: 'log', matchers: [], receivers: ['log'], continues: true },
        { ...route, name: 'layer 0', matchers: [{ label: 'layer', is: 'equal', value: '0' }], receivers: ['zero'], continues: false },
        { ...route, name: 'rest', matchers: [], receivers: ['rest'], continues: false },
      ],
    };
    const told = (layer: string) => planNotifications({ firing: [alert(layer)], groups: [], silences: [], policy, nowMs: 0 }).groups.map(({ receiverId }) => receiverId);
    expect([told('0'), told('1')]).toEqual([['log', 'zero'], ['log', 'rest']]);
    expect(planNotifications({ firing: [alert('0')], groups: [], silences: [], policy: POLICY, nowMs: 0 }).groups.map(({ receiverId }) => receiverId)).toEqual(['team']);
  });

  it('beats the watchdog by its own interval, in a group of its own', () => {
    const watchdog: FiringAlert = { ...alert('w'), labels: { signal: 'watchdog', severity: 'info' } };
    const at = follow({ ...POLICY, groupBy: [], watchdogRepeatMs: 100 });
    expect(at(0, [watchdog, alert('0')]).notifications).toMatchObject([{ reason: 'new-group', firing: ['fw'] }]);
    expect(at(99, [watchdog, alert('0')]).notifications.map(({ firing }) => firing)).toEqual([['f0']]);
    expect(at(100, [watchdog, alert('0')]).notifications).toMatchObject([{ reason: 'repeat', firing: ['fw'] }]);
  });

  it('tells of more alerts than one notification holds in several', () => {
    const many = Array.from({ length: MAX_ALERTS + 30 }, (_, index) => alert(String(index)));
    const at = follow(POLICY);
    at(0, many);
    const first = at(10, many).notifications[0]!;
    expect([first.firing.length, first.truncatedAlerts]).toEqual([MAX_ALERTS, 30]);
    const second = at(60, many).notifications[0]!;
    expect(new Set([...first.firing, ...second.firing]).size).toBe(many.length);
    const ends = [at(110, []), at(160, [])].flatMap(({ notifications }) => notifications.flatMap(({ resolved }) => resolved));
    expect(new Set(ends).size).toBe(many.length);
  });

  it('tells whoever was told that an alert fires of its end, whatever silences, inhibitions, policies and restarts do', () => {
    const names = ['0', '1', '2', '3'];
    const policies: readonly NotificationPolicy[] = [
      POLICY,
      { ...POLICY, groupBy: ['layer'], escalations: [{ name: 'e', matchers: [], afterMs: 60, receivers: ['boss'] }] },
      { ...POLICY, receivers: ['other'], inhibitions: [{ source: [{ label: 'layer', is: 'equal', value: '0' }], target: [{ label: 'layer', is: 'not-equal', value: '0' }], equal: [] }] },
    ];
    const step = fc.record({
      firing: fc.subarray(names), critical: fc.boolean(), acknowledged: fc.boolean(), waitMs: fc.nat(120), policy: fc.constantFrom(...policies),
      silenced: fc.option(fc.constantFrom(...names), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const at = follow(POLICY);
        const believed = new Map<string, Set<string>>();
        const take = ({ notifications }: NotificationPlan): void => {
          for (const { receiverId, groupKey, firing, resolved } of notifications) {
            const own = believed.get(`${receiverId} ${groupKey}`) ?? new Set<string>();
            believed.set(`${receiverId} ${groupKey}`, own);
            // The end of something is told only to whoever knew its beginning.
            for (const one of resolved) expect(own.delete(one)).toBe(true);
            for (const one of firing) own.add(one);
          }
        };
        let nowMs = 0;
        for (const { firing, critical, acknowledged, waitMs, policy, silenced } of steps) {
          nowMs += waitMs;
          const silences: Silence[] = silenced === null ? [] : [{ id: 's', matchers: [{ label: 'layer', is: 'equal', value: silenced }], fromMs: 0, untilMs: nowMs + 1 }];
          take(at(nowMs, firing.map((name) => alert(name, { severity: critical ? 'critical' : 'warning', isAcknowledged: acknowledged })), silences, policy));
        }
        const everything: Silence[] = [{ id: 's', matchers: [{ label: 'model', is: 'equal', value: 'toy' }], fromMs: 0, untilMs: Infinity }];
        const last = at(nowMs + 60, [], everything);
        take(last);
        expect([...believed.values()].flatMap((own) => [...own])).toEqual([]);
        expect(last.groups).toEqual([]);
      }),
    );
  });
});
