import { expect, it } from 'vitest';
import { isPending } from './way-back-state.ts';

it('is open while the release of the finding answers', () => {
  const canary = { releaseId: 'b' } as never;
  expect(isPending('rollback', 'a', { releaseId: 'a', canary: null })).toBe(true);
  expect(isPending('rollback', 'a', { releaseId: 'b', canary: null })).toBe(false);
  expect(isPending('abort-canary', 'b', { releaseId: 'a', canary })).toBe(true);
  expect(isPending('abort-canary', 'b', { releaseId: 'a', canary: null })).toBe(false);
});
