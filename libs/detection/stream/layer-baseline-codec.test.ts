import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { freezeLayerBaseline } from './layer-baseline.ts';
import { decodeLayerBaseline, encodeLayerBaseline, MAX_LAYER_BASELINE_BYTES } from './layer-baseline-codec.ts';
import { requestRouting } from './layer-requests.ts';
import { DEFAULT_LAYER_BASELINE } from './settings.ts';
import { simulatedDomain, simulatedRouter, simulatedTrace } from './testing/simulated-traffic.ts';

const random = seededRandom(9);
const router = simulatedRouter(100, 8, 2, random);
const domain = simulatedDomain(Array.from({ length: 100 }, (_, token) => token), 8, 0, random);
const requests = Array.from({ length: 1800 }, (_, at) => ({ mix: at % 2 ? 'day' : 'night', request: requestRouting(simulatedTrace(router, domain, 40, random), 0) }));
const baseline = freezeLayerBaseline(requests, DEFAULT_LAYER_BASELINE);
const bytes = encodeLayerBaseline(baseline);

it('gives back exactly what was frozen, with and without tokens', () => {
  expect(baseline.routing).not.toBeNull();
  expect(decodeLayerBaseline(bytes)).toEqual(baseline);
  const plain = freezeLayerBaseline(requests.map(({ mix, request }) => ({ mix, request: { ...request, rows: null } })), DEFAULT_LAYER_BASELINE);
  expect(plain).toMatchObject({ routing: null, residual: null, routingFloorBits: 0 });
  expect(decodeLayerBaseline(encodeLayerBaseline(plain))).toEqual(plain);
  // 900 requests with tokens make a routing baseline, fewer do not.
  const fewer = requests.slice(0, 1100).map(({ mix, request }, at) => ({ mix, request: at < 890 ? request : { ...request, rows: null } }));
  expect(freezeLayerBaseline(fewer, DEFAULT_LAYER_BASELINE).routing).toBeNull();
});

it('refuses what is no baseline: cut off, too long, of another version', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
      expect(() => decodeLayerBaseline(bytes.subarray(0, length))).toThrow(RangeError);
    }),
    { numRuns: 50 },
  );
  expect(() => decodeLayerBaseline(Uint8Array.of(2))).toThrow('version 2');
  const longer = new Uint8Array(bytes.length + 3);
  longer.set(bytes);
  expect(() => decodeLayerBaseline(longer)).toThrow('3 bytes too many');
  expect(() => decodeLayerBaseline(new Uint8Array(MAX_LAYER_BASELINE_BYTES + 1))).toThrow('are allowed');
  const many = bytes.slice();
  many.set([255, 255, 255, 255], 1);
  expect(() => decodeLayerBaseline(many)).toThrow('experts: 4294967295');
});

it('keeps within its limits whatever is given to it', () => {
  const wide = simulatedRouter(30, 256, 8, random);
  const words = simulatedDomain(Array.from({ length: 30 }, (_, token) => token), 256, 0, random);
  const traces = Array.from({ length: 50 }, () => requestRouting(simulatedTrace(wide, words, 12, random), 0));
  const large = freezeLayerBaseline(Array.from({ length: 4200 }, (_, at) => ({ mix: 'all', request: traces[at % traces.length]! })), DEFAULT_LAYER_BASELINE);
  expect(large.usage.calibrations[0]?.requests).toBe(2048);
  expect(encodeLayerBaseline(large).length).toBeLessThan(4 * 2 ** 20);
});
