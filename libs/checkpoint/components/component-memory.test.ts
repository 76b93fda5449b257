import { mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { compareComponents } from './compare-components.ts';
import { FILE_CHUNK_BYTES, verifyComponentFile } from './component-file.ts';

/** Room for the chunks of two files and what the garbage collector has not yet taken. */
const LIMIT_BYTES = 16 * FILE_CHUNK_BYTES;

it('checking and comparing need the memory of chunks, not of files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-large-'));
  try {
    const { bytes, fileBytes } = encodeTensorHeader([{ name: 'gate_proj', shape: [4096, 4096] }, { name: 'up_proj', shape: [4096, 4096] }, { name: 'down_proj', shape: [4096, 4096] }].map((spec) => ({ ...spec, dtype: 'F16' as const })));
    expect(fileBytes).toBeGreaterThan(5 * LIMIT_BYTES);
    const paths = [join(folder, 'a'), join(folder, 'b')] as const;
    for (const path of paths) {
      await using file = await open(path, 'w');
      await file.write(bytes);
      // All zeros, as a hole: nothing of it takes disk space.
      await truncate(path, fileBytes);
    }
    const before = process.memoryUsage();
    let [external, arrayBuffers] = [0, 0];
    const sampling = setInterval(() => {
      const now = process.memoryUsage();
      external = Math.max(external, now.external - before.external);
      arrayBuffers = Math.max(arrayBuffers, now.arrayBuffers - before.arrayBuffers);
    }, 1);
    const compared = await compareComponents(...paths);
    // The digest of so many zeros is not known here: the check ends with saying what it is.
    await expect(verifyComponentFile(paths[0], { sha256: '0'.repeat(64), kind: 'expert' })).rejects.toMatchObject({ reason: 'digest-differs' });
    await verifyComponentFile(paths[0], { sha256: '0'.repeat(64), kind: 'expert', computed: '0'.repeat(64) });
    clearInterval(sampling);
    expect(compared).toHaveLength(3);
    expect(arrayBuffers).toBeGreaterThan(0);
    expect(external).toBeLessThan(LIMIT_BYTES);
    expect(arrayBuffers).toBeLessThan(LIMIT_BYTES);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
