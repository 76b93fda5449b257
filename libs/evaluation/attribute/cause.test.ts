import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeOf, type SwapEffects } from './cause.ts';

const MIN = 0.01;
const effects = (of: Partial<SwapEffects>): SwapEffects => {
  const { backbone = 0, router = 0, experts = 0, interaction = 0 } = of;
  return { backbone, router, experts, interaction, total: backbone + router + experts + interaction };
};

describe('the cause of a change', () => {
  it.each([
    ['neither', 'no-change', { router: 0.004 }, null],
    ['router', 'router-alone', { router: 0.4, experts: 0.01 }, null],
    ['expert', 'experts-alone', { router: -0.01, experts: 0.3 }, null],
    ['both', 'each-alone', { router: 0.3, experts: 0.2, interaction: -0.1 }, null],
    ['both', 'each-alone', { router: 0.3, experts: 0.28, interaction: -0.28 }, null],
    ['interaction', 'pair-only', { router: 0, experts: -0.05, interaction: 0.5 }, null],
    ['interaction', 'experts-misplaced', { experts: 0.5 }, 0.02],
    ['expert', 'experts-alone', { experts: 0.5 }, 0.4],
    ['backbone', 'backbone-alone', { backbone: 0.5 }, null],
    ['router', 'router-alone', { router: -0.4 }, null],
    // No side has what counts as a change, so the largest part is named.
    ['interaction', 'largest-part', { router: 0.003, experts: 0.0035, interaction: 0.0064 }, null],
    ['expert', 'experts-alone', { router: 0.004, experts: 0.02 }, null],
    // A side that alone would be no change is no cause either.
    ['router', 'router-alone', { router: 0.02, experts: 0.008 }, null],
  ] as const)('is %s, for %s', (cause, reason, of, exchanged) => {
    expect(causeOf({ effects: effects(of), exchanged }, MIN)).toEqual({ cause, reason });
  });

  it('is the same for what got better as for what got worse', () => {
    const numbers = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.record({ backbone: numbers, router: numbers, experts: numbers, interaction: numbers }), fc.option(numbers), (of, exchanged) => {
        const turned = effects({ backbone: -of.backbone, router: -of.router, experts: -of.experts, interaction: -of.interaction });
        expect(causeOf({ effects: turned, exchanged: exchanged === null ? null : -exchanged }, MIN)).toEqual(causeOf({ effects: effects(of), exchanged }, MIN));
      }),
    );
  });
});
