import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Alert, type AlertTiming, isFiring, newAlert, type Observation } from './alert.ts';
import { type AlertEvent, stepAlert } from './step-alert.ts';

const TIMING: AlertTiming = { forMs: 100, keepFiringForMs: 300, noDataAfterMs: 1000 };

function run(steps: readonly (readonly [Observation['kind'], number])[], timing = TIMING): { alert: Alert; events: string[] } {
  let alert = newAlert('rule', { layer: '3' }, 0);
  const events: string[] = [];
  for (const [kind, atMs] of steps) {
    const step = stepAlert(alert, kind === 'error' ? { kind, atMs, message: 'away' } : { kind, atMs }, timing);
    alert = step.alert;
    if (step.event.type !== 'unchanged') events.push(`${atMs} ${step.event.type} ${step.event.to}`);
  }
  return { alert, events };
}

describe('the life of an alert', () => {
  it('waits for `for`, fires, recovers, and resolves after `keep_firing_for`', () => {
    const { events, alert } = run([['breached', 10], ['breached', 60], ['breached', 110], ['clear', 150], ['clear', 400], ['clear', 410]]);
    expect(events).toEqual(['10 changed pending', '110 fired alerting', '150 changed recovering', '410 resolved normal']);
    expect(alert).toMatchObject({ episode: 1, breachedSinceMs: null, lastBreachMs: null, sinceMs: 410 });
  });

  it('forgets a condition that did not hold long enough', () => {
    expect(run([['breached', 0], ['clear', 50], ['breached', 90], ['breached', 180]]).events).toEqual(['0 changed pending', '50 changed normal', '90 changed pending']);
  });

  it('takes a breach while recovering for the same episode', () => {
    const { events, alert } = run([['breached', 0], ['breached', 100], ['clear', 200], ['breached', 300], ['clear', 599], ['nothing', 600]]);
    expect(events).toEqual(['0 changed pending', '100 fired alerting', '200 changed recovering', '300 changed alerting', '599 changed recovering', '600 resolved normal']);
    expect(alert.episode).toBe(1);
  });

  it('fires when there is no data or an error, and resolves when it is back', () => {
    expect(run([['clear', 0], ['nothing', 999], ['nothing', 1000], ['clear', 1200]]).events).toEqual(['1000 fired no-data', '1200 resolved normal']);
    expect(run([['error', 5], ['error', 6], ['clear', 7]]).events).toEqual(['5 fired error', '7 resolved normal']);
  });

  it('ignores what comes late', () => {
    expect(run([['clear', 500], ['breached', 300]], { ...TIMING, forMs: 0 }).events).toEqual([]);
  });

  it('always tells fired and resolved in turn, one episode each', () => {
    const step = fc.tuple(fc.constantFrom<Observation['kind']>('breached', 'clear', 'error', 'nothing'), fc.nat(700));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let atMs = 0;
        let alert = newAlert('rule', {}, 0);
        const told: AlertEvent['type'][] = [];
        for (const [kind, waitMs] of steps) {
          atMs += waitMs;
          const { alert: next, event } = stepAlert(alert, kind === 'error' ? { kind, atMs, message: '' } : { kind, atMs }, TIMING);
          if (event.type === 'fired' || event.type === 'resolved') told.push(event.type);
          alert = next;
        }
        expect(told.every((type, index) => type === (index % 2 === 0 ? 'fired' : 'resolved'))).toBe(true);
        expect(alert.episode).toBe(told.filter((type) => type === 'fired').length);
        expect(isFiring(alert.state)).toBe(told.length % 2 === 1);
      }),
    );
  });
});
