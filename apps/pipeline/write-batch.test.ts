import { expect, test } from 'vitest';
import { type TraceBatch } from '#libs/store/capture/trace-batch';
import { BatchWriter } from './write-batch.ts';

function batchOf(batchId: string): TraceBatch {
  return { batchId, writtenAtMs: 0, traces: [], usage: [], quarantined: [], refused: 0 };
}

test('batches that arrive during a write go together into the next', async () => {
  const groups: string[][] = [];
  let release: () => void = () => undefined;
  const writer = new BatchWriter(
    {
      writeTogether: async (batches) => {
        groups.push(batches.map(({ batchId }) => batchId));
        if (groups.length === 1) await new Promise<void>((resolve) => (release = resolve));
        return batches.map(({ batchId }) => (batchId === 'c' ? 'already-written' : 'written'));
      },
    },
    3,
  );
  const outcomes = Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => writer.write(batchOf(id))));
  release();
  expect(await outcomes).toEqual(['written', 'written', 'already-written', 'written', 'written']);
  expect(groups).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
});

test('a batch that cannot be written fails alone', async () => {
  const writer = new BatchWriter(
    {
      writeTogether: async (batches) => {
        if (batches.some(({ batchId }) => batchId === 'bad')) throw new Error('no');
        return batches.map(() => 'written' as const);
      },
    },
    8,
  );
  const results = await Promise.allSettled(['a', 'bad', 'c', 'd'].map((id) => writer.write(batchOf(id))));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});
