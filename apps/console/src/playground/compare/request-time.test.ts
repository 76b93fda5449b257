import { expect, it } from 'vitest';
import { requestTime } from './request-time.ts';

it('reads the time of the example of RFC 9562, appendix A.6', () => {
  expect(new Date(requestTime('017F22E2-79B0-7CC3-98C4-DC0C0C07398F')).toISOString()).toBe('2022-02-22T19:22:22.000Z');
});
