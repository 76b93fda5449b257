import { expect, it } from 'vitest';
import { changeSentence, strategyKind } from './change-sentence.ts';

it('says what is asked for', () => {
  const releaseId = 'ab'.repeat(32);
  expect(changeSentence({ type: 'activate', model: 'toy', releaseId, strategy: { kind: 'at-once' } })).toBe('Release ababababab shall answer for toy, at once and for all requests.');
  expect(changeSentence({ type: 'replace-expert', model: 'toy', replace: [{ component: 'expert/0/1' }, { component: 'expert/0/2' }, { component: 'expert/0/3' }, { component: 'expert/1/0' }], strategy: { kind: 'canary', share: 0.125 } })).toBe(
    'toy shall answer with other versions of expert/0/1, expert/0/2, expert/0/3 and 1 more, first as a canary for 12.5% of the requests in scope.',
  );
  expect(changeSentence({ type: 'change-data-rules', model: 'toy', rules: [{}] })).toBe('toy shall have 1 data rule in place of those in force.');
  expect(changeSentence({ type: 'something-new' })).toBe('something-new');
  expect([strategyKind({ strategy: { kind: 'rollout' } }), strategyKind({})]).toEqual(['rollout', null]);
});
