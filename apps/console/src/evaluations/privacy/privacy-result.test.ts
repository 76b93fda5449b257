import { expect, it } from 'vitest';
import { levelInWords, privacyOf } from './privacy-result.ts';

const estimate = (value: number) => ({ value, low: value - 0.01, high: value + 0.01, n: 10 });

it('reads levels, what chance gives and what is advised', () => {
  const found = privacyOf({
    levels: [{ level: 'routes', tokenRecovery: estimate(0.4), top5: estimate(0.6), classAuc: null, classes: [{ label: 'law', ...estimate(0.9) }], informationBits: estimate(2), odd: 1 }],
    chance: { majority: estimate(0.05) }, learningCurve: [{ trainTokens: 100, tokenRecovery: estimate(0.3) }], layers: [{ layer: 0, tokenBits: estimate(1), classBits: null }],
    recommendation: { level: 'aggregate-20', reason: 'least', detail: 'It keeps the bounds.' }, limits: ['One attacker.', 3],
  });
  expect(found.levels[0]).toMatchObject({ level: 'routes', classAuc: null, tokenRecovery: { value: 0.4 }, classes: [{ label: 'law' }] });
  expect(found).toMatchObject({ chance: { value: 0.05 }, recommendation: { level: 'aggregate-20' }, limits: ['One attacker.'], layers: [{ layer: 0 }], learning: [{ trainTokens: 100 }] });
});

it.each([null, 'x', { levels: [null, { level: 4 }], chance: 3, layers: 'x', limits: {} }])('breaks on nothing: %j', (result) => {
  expect(privacyOf(result)).toMatchObject({ levels: [], layers: [], limits: [] });
});

it('names levels', () => {
  expect(['routes-ids', 'aggregate-1', 'aggregate-20', 'odd'].map(levelInWords)).toEqual(['Routes, expert ids alone', 'Sums over 1 request', 'Sums over 20 requests', 'odd']);
});
