import { createCipheriv, createHmac } from 'node:crypto';
import { type RandomBytes, uniformFrom } from '#libs/stats/private/random-bytes';

const BLOCK = Buffer.alloc(4096);

/**
 * Names an answer by all that it depends on, under a key that nobody outside has. The exact counts are
 * among it: were the noise the same for other counts, two answers would differ by the counts alone.
 */
export function answerDigest(key: Uint8Array, question: unknown, counts: readonly number[]): Buffer {
  return createHmac('sha256', key).update('signalbox.private-usage/1\0').update(JSON.stringify([question, counts])).digest();
}

/** Noise of an answer: the key stream of AES-256 in counter mode under a key made of its digest. */
export function answerNoise(key: Uint8Array, digest: Uint8Array): RandomBytes {
  const cipher = createCipheriv('aes-256-ctr', createHmac('sha256', key).update('signalbox.private-usage.noise/1\0').update(digest).digest(), Buffer.alloc(16));
  let left = Buffer.alloc(0);
  return uniformFrom((count) => {
    if (left.length < count) left = Buffer.concat([left, cipher.update(BLOCK)]);
    const taken = left.subarray(0, count);
    left = left.subarray(count);
    return taken;
  });
}
