import { describe, expect, it } from 'vitest';
import { FaultPlanError, parseFaultPlan } from './fault-plan.ts';

describe('parseFaultPlan', () => {
  it('reads faults, with the delay and share of those that say none', () => {
    const text = '{"faults":[{"layer":1,"expert":3,"kind":"slow","delayMs":7},{"layer":0,"expert":0,"kind":"fail","share":0.5}]}';
    expect(parseFaultPlan(text)).toEqual([
      { layer: 1, expert: 3, kind: 'slow', delayMs: 7, share: 1 },
      { layer: 0, expert: 0, kind: 'fail', delayMs: 100, share: 0.5 },
    ]);
  });

  it.each([
    ['{', /not JSON/],
    ['[]', /faults is missing/],
    ['{"faults":[1]}', /faults\[0\] is no object/],
    ['{"faults":[{"expert":0,"kind":"fail"}]}', /faults\[0\]\.layer/],
    ['{"faults":[{"layer":0,"expert":-1,"kind":"fail"}]}', /faults\[0\]\.expert/],
    ['{"faults":[{"layer":0,"expert":0,"kind":"explode"}]}', /faults\[0\]\.kind is not one of fail, slow/],
    ['{"faults":[{"layer":0,"expert":0,"kind":"slow","delayMs":1e9}]}', /faults\[0\]\.delayMs/],
    ['{"faults":[{"layer":0,"expert":0,"kind":"fail","share":0}]}', /faults\[0\]\.share/],
    ['{"faults":[{"layer":0,"expert":0,"kind":"fail","delay":5}]}', /faults\[0\]\.delay is unknown/],
  ])('refuses %s', (text, message) => {
    expect(() => parseFaultPlan(text)).toThrow(FaultPlanError);
    expect(() => parseFaultPlan(text)).toThrow(message);
  });
});
