import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readBatch } from '#libs/record/batch-source';
import { systemClock } from '#libs/record/clock';
import { Spool } from '#libs/record/spool';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spool-kill-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function startRecorder(first: number, done: Set<string>): ChildProcess {
  const child = fork(fileURLToPath(new URL('./recorder-child.ts', import.meta.url)), [root, String(first)], { execArgv: ['--conditions=development'] });
  child.on('message', (requestId: string) => done.add(requestId));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}

it('loses and doubles nothing that was taken, over kills of processes that share a spool', async () => {
  const done = new Set<string>();
  let left: string[] = [];
  for (let round = 0; round < 4; round++) {
    const before = done.size;
    const children = [startRecorder(round * 2e6, done), startRecorder(round * 2e6 + 1e6, done)];
    await vi.waitFor(() => expect(done.size).toBeGreaterThan(before + 300 + round * 57), { timeout: 120_000, interval: 5 });
    await Promise.all(children.map(kill));
  }
  // Two processes start at once and share what is left between them.
  const spools = await Promise.all([1, 2].map(() =>
    Spool.open({ root, durability: 'answered', segmentBytes: 8192, segmentAgeMs: 200, maxBytes: 1e9, clock: systemClock })));
  for (const spool of spools) {
    for (const { batchId, requests, directory, file, bytes, sha256 } of spool.batches()) {
      const read = await readBatch({ version: 1, batchId, requests, transport: 'spool', directory, file, bytes, sha256 }, root);
      left = left.concat(read.found ? read.captured.map(({ record }) => record.requestId) : []);
    }
  }
  const found = new Set(left);
  expect(found.size).toBe(left.length);
  expect([...done].filter((requestId) => !found.has(requestId))).toEqual([]);
  for (const spool of spools) await spool.close();
});
