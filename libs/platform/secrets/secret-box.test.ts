import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { SecretBox } from './secret-box.ts';

const [first, second] = [randomBytes(32), randomBytes(32)];

it('opens what it sealed, for its owner only', () => {
  const box = new SecretBox([first]);
  // So long that no random bytes happen to hold it.
  const routingKey = 'r0uting-key-of-the-pager';
  const sealed = box.seal('receiver/1', { routingKey });
  expect(box.open('receiver/1', sealed)).toEqual({ routingKey });
  expect(Buffer.from(sealed.sealed).includes(routingKey)).toBe(false);
  expect(() => box.open('receiver/2', sealed)).toThrow(/receiver\/2 do not open/);
  sealed.sealed[13]! ^= 1;
  expect(() => box.open('receiver/1', sealed)).toThrow(/altered/);
});

it('opens with older keys, seals with the first, and names the key that is missing', () => {
  const sealed = new SecretBox([first]).seal('o', 1);
  const rotated = new SecretBox([second, first]);
  expect(rotated.open('o', sealed)).toBe(1);
  expect(rotated.seal('o', 1).keyId).toBe(rotated.currentKeyId);
  expect(rotated.currentKeyId).not.toBe(sealed.keyId);
  expect(() => new SecretBox([second]).open('o', sealed)).toThrow(new RegExp(sealed.keyId));
});
