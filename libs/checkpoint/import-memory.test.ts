import { expect, it } from 'vitest';
import { openWorkshop } from '../../test/fixtures/import-workshop.ts';
import { SMALL_CONFIG, tensorShapes, writeCheckpoint, type CheckpointTensor } from '../../test/fixtures/small-checkpoint.ts';
import { IMPORT_CHUNK_BYTES } from './import-checkpoint.ts';

/** One layer of 30 experts of 50 MB each, in F16: 1.5 GB. */
const CONFIG = { ...SMALL_CONFIG, num_hidden_layers: 1, num_local_experts: 30, hidden_size: 1024, intermediate_size: 8192, head_dim: 256 };

/** Room for the chunk itself, headers and what the garbage collector has not yet taken. */
const LIMIT_BYTES = 16 * IMPORT_CHUNK_BYTES;

it('needs the memory of a chunk, not of the checkpoint', async () => {
  await using workshop = await openWorkshop();
  // All zeros, in files with holes: nothing of it takes disk space or is read from a disk.
  const tensors = new Map([...tensorShapes(CONFIG)].map(([name, shape]): [string, CheckpointTensor] => [name, { dtype: 'F16', shape, bytes: null }]));
  await writeCheckpoint(workshop.checkpoint, { config: CONFIG, tensors, shards: 3 });
  const before = process.memoryUsage();
  const peak = { external: 0, arrayBuffers: 0, rss: 0 };
  const { components } = await workshop.import({
    onProgress: () => {
      const now = process.memoryUsage();
      peak.external = Math.max(peak.external, now.external - before.external);
      peak.arrayBuffers = Math.max(peak.arrayBuffers, now.arrayBuffers - before.arrayBuffers);
      peak.rss = Math.max(peak.rss, now.rss - before.rss);
    },
  });
  const totalBytes = components.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(totalBytes).toBeGreaterThan(80 * LIMIT_BYTES);
  expect(peak.external).toBeLessThan(LIMIT_BYTES);
  expect(peak.arrayBuffers).toBeLessThan(LIMIT_BYTES);
  expect(peak.rss).toBeLessThan(8 * LIMIT_BYTES);
});
