import { expect, test } from 'vitest';
import { originOf } from './batch-origin.ts';

const traceparent = (number: number, flags: string): string => `00-${String(number).padStart(32, '0')}-${String(number).padStart(16, '0')}-${flags}`;
const [A, B, C] = [traceparent(1, '00'), traceparent(2, '01'), traceparent(3, '01')] as const;

test('a write belongs to the first sampled request and is linked to the others', () => {
  expect(originOf([null, A, B, C, C], null)).toEqual({ traceparent: B, links: [C] });
});

test('without sampled requests it follows the first traced one, else the job', () => {
  expect(originOf([null, A], B)).toEqual({ traceparent: A, links: [] });
  expect(originOf([null], B)).toEqual({ traceparent: B, links: [] });
  expect(originOf([], null)).toEqual({ traceparent: null, links: [] });
});

test('links are bounded', () => {
  expect(originOf(Array.from({ length: 1000 }, (_, i) => traceparent(i + 1, '01')), null).links).toHaveLength(128);
});
