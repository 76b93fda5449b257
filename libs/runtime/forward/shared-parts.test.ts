import { expect, it } from 'vitest';
import { SharedParts } from './shared-parts.ts';

it('makes a part once for those who hold it together, and frees it with the last', async () => {
  const freed: string[] = [];
  const parts = new SharedParts<string>(async (value) => void freed.push(value));
  let made = 0;
  const claim = () => parts.lease('key', async () => `part ${++made}`);
  const [first, second] = await Promise.all([claim(), claim()]);
  expect([first.value, second.value, first.shared, second.shared]).toEqual(['part 1', 'part 1', false, true]);
  await first.release();
  await first.release();
  expect(freed).toEqual([]);
  const third = await claim();
  expect(third.value).toBe('part 1');
  await second.release();
  await third.release();
  expect(freed).toEqual(['part 1']);
  expect((await claim()).value).toBe('part 2');
  expect(parts.counts).toEqual({ resident: 1, made: 2, shared: 2 });
});

it('tells a failure to all who wait, and tries again for the next', async () => {
  const parts = new SharedParts<number>();
  const fail = () => parts.lease('key', () => Promise.reject(new Error('no')));
  expect(await Promise.allSettled([fail(), fail()])).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect((await parts.lease('key', async () => 7)).value).toBe(7);
  expect(parts.counts).toEqual({ resident: 1, made: 1, shared: 0 });
});
