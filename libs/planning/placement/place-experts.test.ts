import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExpertDemand, type Fleet, type Placement, placeExperts } from './place-experts.ts';

type Placed = Extract<Placement, { fits: true }>;

const matrix = (layers: number, experts: number, value: fc.Arbitrary<number>) => fc.array(fc.array(value, { minLength: experts, maxLength: experts }), { minLength: layers, maxLength: layers });

const cases = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 6 }))
  .chain(([layers, experts, devices, extraCopies]) =>
    fc.record({
      loads: matrix(layers, experts, fc.integer({ min: 0, max: 1000 })),
      parts: fc.array(matrix(layers, experts, fc.integer({ min: 0, max: 100 })), { maxLength: 2 }),
      expertBytes: matrix(layers, experts, fc.integer({ min: 1, max: 4 })),
      slack: fc.option(fc.double({ min: 0.5, max: 3, noNaN: true }), { nil: null }),
      devices: fc.constant(devices),
      extraCopies: fc.constant(extraCopies),
    }),
  );

function fleetOf({ expertBytes, slack, devices, extraCopies }: { expertBytes: number[][]; slack: number | null; devices: number; extraCopies: number }): Fleet {
  const total = expertBytes.flat().reduce((sum, bytes) => sum + bytes, 0);
  return { devices, extraCopies, deviceBytes: slack === null ? null : Math.floor((total * slack) / devices) };
}

/** The least that the busiest device can have without copies, by trying all. */
function bestOf(loads: readonly number[], devices: number): number {
  let best = Infinity;
  for (let code = 0; code < devices ** loads.length; code++) {
    const carried = Array.from({ length: devices }, () => 0);
    for (const [expert, load] of loads.entries()) carried[Math.floor(code / devices ** expert) % devices]! += load;
    best = Math.min(best, Math.max(...carried));
  }
  return best;
}

const even = (loads: number[][], devices: number, extraCopies: number): [ExpertDemand, Fleet] => [
  { loads, parts: [], expertBytes: loads.map((own) => own.map(() => 1)) },
  { devices, deviceBytes: null, extraCopies },
];

describe('placeExperts', () => {
  it('holds every expert, no device twice the same, no device too full, and never does worse than blocks that fit', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const fleet = fleetOf(one);
        const placement = placeExperts(one, fleet);
        const total = one.expertBytes.flat().reduce((sum, bytes) => sum + bytes, 0);
        if (!placement.fits) {
          expect(placement.neededBytes).toBe(total);
          expect(fleet.deviceBytes).not.toBeNull();
          if (placement.reason === 'too-little-memory') expect(total).toBeGreaterThan(fleet.devices * fleet.deviceBytes!);
          return;
        }
        for (const [layer, { devices, imbalance, inBlocks }] of placement.layers.entries()) {
          expect(devices).toHaveLength(one.loads[layer]!.length);
          for (const held of devices) {
            expect(held.length).toBeGreaterThan(0);
            expect(new Set(held).size).toBe(held.length);
            expect(held.every((device) => device >= 0 && device < fleet.devices)).toBe(true);
          }
          expect(devices.flat().length - devices.length).toBeLessThanOrEqual(fleet.extraCopies);
          expect(imbalance.worstPart).toBeGreaterThanOrEqual(imbalance.overall);
          if (fleet.deviceBytes === null) expect(imbalance.overall).toBeLessThanOrEqual(inBlocks.overall);
        }
        for (const bytes of placement.deviceBytes) expect(bytes).toBeLessThanOrEqual(fleet.deviceBytes ?? Infinity);
        expect(placeExperts(one, fleet)).toEqual(placement);
      }),
    );
  });

  it('stays within the bound of LPT of the best placement without copies', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 7 }), fc.integer({ min: 2, max: 3 }), (loads, devices) => {
        const placement = placeExperts(...even([loads], devices, 0)) as Placed;
        const busiest = (placement.layers[0]!.imbalance.overall * loads.reduce((sum, load) => sum + load, 0)) / devices;
        expect(busiest).toBeLessThanOrEqual((4 / 3 - 1 / (3 * devices)) * bestOf(loads, devices) + 1e-9);
      }),
    );
  });

  it('copies the expert that stands out', () => {
    // One expert has half of all: no placement without a copy goes below twice the mean of four devices.
    const loads = [[60, 10, 10, 10, 10, 10, 5, 5]];
    expect((placeExperts(...even(loads, 4, 0)) as Placed).layers[0]!.imbalance.overall).toBeCloseTo(2, 10);
    const { devices, imbalance } = (placeExperts(...even(loads, 4, 1)) as Placed).layers[0]!;
    expect(devices[0]).toHaveLength(2);
    expect(imbalance.overall).toBeCloseTo(1, 10);
  });

  it('is never worse for being allowed copies', () => {
    // Seven experts alike and one a tenth hotter, on four devices: its halves would end up as a third on two of them.
    const loads = [[11, 10, 10, 10, 10, 10, 10, 10]];
    const without = placeExperts(...even(loads, 4, 0)) as Placed;
    expect((placeExperts(...even(loads, 4, 1)) as Placed).layers[0]!.imbalance.overall).toBeLessThanOrEqual(without.layers[0]!.imbalance.overall);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 9 }), fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 4 }), (own, devices, extraCopies) => {
        const [few, many] = [0, extraCopies].map((copies) => (placeExperts(...even([own], devices, copies)) as Placed).layers[0]!.imbalance.overall);
        expect(many).toBeLessThanOrEqual(few!);
      }),
    );
  });

  it('judges by the worst part', () => {
    // Even over the day, but each half of it has one expert alone.
    const placement = placeExperts({ loads: [[10, 10]], parts: [[[10, 0]], [[0, 10]]], expertBytes: [[1, 1]] }, { devices: 2, deviceBytes: null, extraCopies: 0 }) as Placed;
    expect(placement.layers[0]!.imbalance).toEqual({ overall: 1, worstPart: 2 });
  });

  it('says what does not fit', () => {
    expect(placeExperts({ loads: [[1, 1]], parts: [], expertBytes: [[5, 5]] }, { devices: 1, deviceBytes: 9, extraCopies: 0 })).toEqual({ fits: false, reason: 'too-little-memory', neededBytes: 10 });
    expect(placeExperts({ loads: [[1, 1, 1]], parts: [], expertBytes: [[4, 4, 4]] }, { devices: 2, deviceBytes: 6, extraCopies: 0 })).toEqual({ fits: false, reason: 'no-device-has-room', neededBytes: 12 });
  });
});
