import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CapturePolicy, decideCapture, KEPT_LEVELS, type KeptLevel } from './decide-capture.ts';

const POLICY: CapturePolicy = { level: 'full', share: 1, seed: '', rules: [] };
const subject = (requestId = 'a', model = 'm', dataClass = '') => ({ requestId, model, dataClass });
const level = fc.constantFrom<KeptLevel>(...KEPT_LEVELS);

describe('what is kept of a request', () => {
  it('is what the level of all says', () => {
    expect(decideCapture(POLICY, subject())).toEqual({ keeps: 'full', reason: 'level' });
    expect(decideCapture({ ...POLICY, level: 'aggregate' }, subject())).toEqual({ keeps: 'aggregate', reason: 'aggregate-level' });
  });

  it('is never more than any rule that holds allows, nor than the level of all', () => {
    fc.assert(
      fc.property(level, level, level, fc.boolean(), (own, byModel, byClass, isHealth) => {
        const rules = [{ field: 'model', value: 'm', level: byModel }, { field: 'dataClass', value: 'health', level: byClass }] as const;
        const { keeps } = decideCapture({ ...POLICY, level: own, rules }, subject('a', 'm', isHealth ? 'health' : ''));
        const strictest = Math.max(...[own, byModel, ...(isHealth ? [byClass] : [])].map((each) => KEPT_LEVELS.indexOf(each)));
        expect(KEPT_LEVELS.indexOf(keeps)).toBe(strictest);
      }),
    );
  });

  it('samples about the share, the same ones each time, others with another seed', () => {
    const ids = Array.from({ length: 4000 }, (_, i) => `request-${i}`);
    const kept = (seed: string, share: number) => new Set(ids.filter((id) => decideCapture({ ...POLICY, share, seed }, subject(id)).keeps === 'full'));
    const quarter = kept('a', 0.25);
    expect(quarter.size / ids.length).toBeGreaterThan(0.22);
    expect(quarter.size / ids.length).toBeLessThan(0.28);
    expect(kept('a', 0.25)).toEqual(quarter);
    const other = kept('b', 0.25);
    expect([...quarter].filter((id) => other.has(id)).length / quarter.size).toBeLessThan(0.35);
    // A larger share keeps what a smaller one kept.
    const half = kept('a', 0.5);
    expect([...quarter].every((id) => half.has(id))).toBe(true);
    expect(kept('a', 0).size).toBe(0);
  });

  it('says why nothing is kept', () => {
    expect(decideCapture({ ...POLICY, share: 0 }, subject())).toEqual({ keeps: 'aggregate', reason: 'not-sampled' });
    const rules = [{ field: 'dataClass', value: 'health', level: 'aggregate' }] as const;
    expect(decideCapture({ ...POLICY, rules }, subject('a', 'm', 'health'))).toEqual({ keeps: 'aggregate', reason: 'aggregate-data-class' });
  });
});
