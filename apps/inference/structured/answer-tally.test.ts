import { createNoopMeter } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { type AnswerResult } from '#libs/contract/capture/request-record';
import { type AnswerCountsFlush } from '#libs/store/answers/answer-checks';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { AnswerCheckFlush } from './answer-check-flush.ts';
import { AnswerTally } from './answer-tally.ts';

const HOUR_MS = 3_600_000;

function answers(results: readonly AnswerResult[], schema = 'ab', isPinned = false) {
  const admitted = { release: { model: 'm', releaseId: 'cd'.repeat(32) }, kind: 'chat', segment: { tenant: 't', task: '', language: '' }, isPinned, answerRules: { grammar: { digest: schema } } } as unknown as AdmittedRequest;
  return { atMs: 5 * HOUR_MS + 7, admitted, results };
}

describe('the tally of checked answers', () => {
  it('adds up by hour, schema and segment, hands out once, and leaves out what somebody tried', () => {
    const tally = new AnswerTally(createNoopMeter());
    tally.count(answers(['valid', 'incomplete']));
    tally.count(answers(['valid']));
    tally.count(answers(['invalid'], 'ef'));
    tally.count(answers(['invalid'], 'ab', true));
    const counts = tally.take();
    expect(counts).toHaveLength(2);
    expect(counts[0]).toMatchObject({ bucketMs: 5 * HOUR_MS, schema: 'ab', tenant: 't', route: 'chat', requests: 2, valid: 2, invalid: 0, incomplete: 1 });
    expect(tally.take()).toEqual([]);
  });

  it('keeps its size when every request brings a schema of its own', () => {
    const tally = new AnswerTally(createNoopMeter());
    for (let at = 0; at < 5000; at++) tally.count(answers(['valid'], String(at)));
    const counts = tally.take();
    expect(counts.length).toBeLessThanOrEqual(1025);
    expect(counts.reduce((sum, { requests }) => sum + requests, 0)).toBe(5000);
  });

  it('waits for the store and writes each count once', async () => {
    const tally = new AnswerTally(createNoopMeter());
    const written: AnswerCountsFlush[] = [];
    let isAway = true;
    const store = {
      write: async (flush: AnswerCountsFlush) => {
        if (isAway) throw new Error('away');
        written.push(flush);
      },
    };
    const flush = new AnswerCheckFlush(tally, store, { logger: { warn: () => undefined } } as unknown as ConstructorParameters<typeof AnswerCheckFlush>[2]);
    tally.count(answers(['valid']));
    await expect(flush.flush()).rejects.toThrow('away');
    isAway = false;
    tally.count(answers(['invalid']));
    await flush.flush();
    await flush.flush();
    expect(written.map(({ counts }) => counts.length)).toEqual([1, 1]);
    expect(new Set(written.map(({ flushId }) => flushId)).size).toBe(2);
  });
});
