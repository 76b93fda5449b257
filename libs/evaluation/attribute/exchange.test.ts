import { expect, it } from 'vitest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Probe, type Score } from '../probe/probe.ts';
import { exchange } from './exchange.ts';
import { playersOf } from './players.ts';
import { digest, plainRelease } from './testing/planted-probe.ts';

const OLD = plainRelease();
const PLACES = [0, 1, 3];

/** Expert of layer 1 whose work another version does: the next of the three does that of each. */
const moved = (place: number): number => PLACES[(PLACES.indexOf(place) + 1) % PLACES.length]!;

/** Where an expert stands at another's place, every second token is more probable and the others are less, so that no text loses anything. */
const CANCELLING: Probe = {
  rows: 0,
  encode: () => Promise.reject(new Error('not asked for')),
  decode: () => Promise.reject(new Error('not asked for')),
  answer: () => Promise.reject(new Error('not asked for')),
  score: ({ components }: ReleaseManifest, questions) =>
    Promise.resolve(questions.map(({ tokens, from }): Score => {
      const wrong = PLACES.filter((place) => ![OLD.components[`expert/1/${place}`], digest(`work of ${place}`)].includes(components[`expert/1/${place}`]));
      const shift = wrong.reduce((sum, place) => sum + 0.3 + place / 10, 0);
      return { logProbs: Float64Array.from({ length: tokens.length - from }, (_, at) => -2 + (at % 2 === 0 ? shift : -shift)), routes: { expertIds: new Uint16Array(), gates: new Float32Array(), flags: null } };
    })),
};

it('finds where experts belong though no text lost by it', async () => {
  const candidate = { ...OLD, components: { ...OLD.components, ...Object.fromEntries(PLACES.map((place) => [`expert/1/${place}`, digest(`work of ${moved(place)}`)])) } };
  const players = playersOf(OLD, candidate);
  const tokens = Array.from({ length: 10 }, (_, at) => new Uint32Array(9).fill(at));
  const found = await exchange([...players.keys()], players, { reference: OLD, candidate }, CANCELLING, tokens, new Float64Array(10).fill(1));
  expect(found!.experts).toEqual(PLACES);
  // The work of each is done by the one before it.
  expect(found!.best.map((source) => moved(source))).toEqual(PLACES);
  for (const [at, source] of found!.best.entries()) expect(found!.distances![at]![PLACES.indexOf(source)]).toBe(0);
  expect(found!.bits).toHaveLength(10);
});

it('asks nothing more where each is at its place', async () => {
  const candidate = { ...OLD, components: { ...OLD.components, ...Object.fromEntries(PLACES.map((place) => [`expert/1/${place}`, digest(`work of ${place}`)])) } };
  const players = playersOf(OLD, candidate);
  const found = await exchange([...players.keys()], players, { reference: OLD, candidate }, CANCELLING, [new Uint32Array(9)], new Float64Array(1));
  expect(found).toMatchObject({ best: PLACES, bits: null, rows: 8 * 10 });
});
