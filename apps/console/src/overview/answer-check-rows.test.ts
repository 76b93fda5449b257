import { describe, expect, it } from 'vitest';
import { answerCheckRows, answerCheckStep } from './answer-check-rows.ts';

describe('structured answers', () => {
  it('are asked for by the hour up to two days, by the day above', () => {
    expect(answerCheckStep({ from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z' })).toBe('hour');
    expect(answerCheckStep({ from: '2026-01-01T00:00:00Z', to: '2026-01-08T00:00:00Z' })).toBe('day');
  });

  it('have a row for each release and bucket, empty where withheld', () => {
    const releases = [{ release: 'a', total: {}, buckets: [{ at: '2026-01-01T00:00:00Z', requests: 3, valid: 2, invalid: 1, incomplete: 0 }, { at: '2026-01-01T01:00:00Z', withheld: { reason: 'too-few-requests' as const, minRequests: 5 } }] }];
    expect(answerCheckRows({ releases } as never)).toEqual([['a', '2026-01-01T00:00:00Z', 3, 2, 1, 0], ['a', '2026-01-01T01:00:00Z', undefined, undefined, undefined, undefined]]);
  });
});
