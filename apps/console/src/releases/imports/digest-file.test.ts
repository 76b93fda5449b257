import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestFile } from './digest-file.ts';

const never = new AbortController().signal;

describe('the digest of a file', () => {
  it('is that of its bytes, whatever the size of the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 100 }), async (bytes, chunkBytes) => {
        const expected = createHash('sha256').update(bytes).digest('hex');
        expect(await digestFile(new Blob([Uint8Array.from(bytes)]), never, () => undefined, chunkBytes)).toBe(expected);
      }),
    );
  });

  it('tells how far it is, and stops when told to', async () => {
    const seen: number[] = [];
    await digestFile(new Blob([new Uint8Array(10)]), never, (done) => seen.push(done), 4);
    expect(seen).toEqual([4, 8, 10]);
    const stop = new AbortController();
    const broken = digestFile(new Blob([new Uint8Array(10)]), stop.signal, () => stop.abort(), 4);
    await expect(broken).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }) as Error);
  });
});
