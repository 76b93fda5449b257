import { expect, it } from 'vitest';
import { type RuleRefusalsFlush } from '#libs/store/data-rules/rule-refusals';
import { type InferenceOptions } from '../inference-options.ts';
import { RefusalFlush } from './refusal-flush.ts';
import { RequestRules } from './request-rules.ts';

it('writes each count once, and again by the same id when the database did not say that it has it', async () => {
  const written: RuleRefusalsFlush[] = [];
  let fails = true;
  const store = {
    write: async (flush: RuleRefusalsFlush): Promise<void> => {
      written.push(flush);
      if (fails) throw new Error('away');
    },
  };
  const rules = new RequestRules({ of: () => null });
  const flush = new RefusalFlush(rules, store, { logger: {} } as InferenceOptions);
  rules.countRefused('a');
  rules.countRefused('a');
  await expect(flush.flush(1)).rejects.toThrow('away');
  fails = false;
  rules.countRefused('b');
  await flush.flush(2);
  await flush.flush(3);
  expect(written.map(({ releaseId, refused, atMs }) => [releaseId, refused, atMs])).toEqual([['a', 2, 1], ['a', 2, 1], ['b', 1, 2]]);
  expect(written[1]?.flushId).toBe(written[0]?.flushId);
  expect(written[2]?.flushId).not.toBe(written[0]?.flushId);
});
