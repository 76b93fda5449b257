import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeBatch, encodeFrame } from './batch-format.ts';
import { capturedFixture } from './captured.fixture.ts';
import { ManualClock } from './manual-clock.fixture.ts';
import { segmentAgeLimitMs, Spool, type SpoolOptions, SpoolRefusedError } from './spool.ts';
import { adoptFolder, claimNewFolder, ownerState, selfHost } from './spool-claim.ts';

let root: string;
let clock: ManualClock;
const opened: Spool[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spool-test-'));
  clock = new ManualClock();
});
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close();
  await rm(root, { recursive: true, force: true });
});

async function openSpool(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const spool = await Spool.open({ root, durability: 'answered', segmentBytes: 4096, segmentAgeMs: 200, maxBytes: 1e6, clock, ...options });
  opened.push(spool);
  return spool;
}

async function requestIds(spool: Spool): Promise<string[]> {
  const batches = await Promise.all(spool.batches().map((batch) => spool.read(batch)));
  return batches.flatMap((bytes) => decodeBatch(bytes).map(({ record }) => record.requestId));
}

const idOf = (number: number) => capturedFixture(number).record.requestId;
const refusedFor = (reason: string) => expect.objectContaining({ name: 'SpoolRefusedError', reason }) as SpoolRefusedError;

/** Puts a folder there as a process leaves it that was killed: pid 2^22 + 1 is above Linux's limit. */
async function deadFolder(name: string): Promise<string> {
  const folder = join(root, `writer-${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'owner-1.json'), JSON.stringify({ host: await selfHost(), pid: 4_194_305, start: 'boot:1', released: false }));
  return folder;
}
const FOLDER_A = '00000000-0000-4000-8000-00000000000a';
const SEGMENT_A = '00000000-0000-4000-8000-0000000000aa';
const SEGMENT_B = '00000000-0000-4000-8000-0000000000bb';

describe.each(['memory', 'answered', 'fsync'] as const)('spool at durability %s', (durability) => {
  it('keeps all records, in order, in batches of the given size', async () => {
    const spool = await openSpool({ durability });
    await Promise.all(Array.from({ length: 60 }, (_, i) => spool.append(capturedFixture(i))));
    await spool.sealNow();
    expect(await requestIds(spool)).toEqual(Array.from({ length: 60 }, (_, i) => idOf(i)));
    expect(spool.batches().length).toBeGreaterThan(3);
    for (const batch of spool.batches()) expect(batch.bytes).toBeLessThan(4096 + 400);
    expect(spool.stats()).toMatchObject({ appended: 60, refused: {} });
  });
});

describe('spool', () => {
  it('has the record in the file when the append resolves', async () => {
    const spool = await openSpool();
    await spool.append(capturedFixture(1));
    const [folder] = await readdir(root);
    const open = (await readdir(join(root, folder!))).find((name) => name.endsWith('.open'));
    expect(decodeBatch(await readFile(join(root, folder!, open!)))).toEqual([capturedFixture(1)]);
  });

  it('closes a segment by age, later while many batches wait', async () => {
    const spool = await openSpool();
    await spool.append(capturedFixture(1));
    clock.advance(199);
    expect(spool.batches()).toHaveLength(0);
    clock.advance(1);
    await vi.waitFor(() => expect(spool.batches()).toHaveLength(1));
    expect(segmentAgeLimitMs(200, 7)).toBe(200);
    expect(segmentAgeLimitMs(200, 80)).toBe(2200);
    expect(segmentAgeLimitMs(200, 1e9)).toBe(30_000);
  });

  it('lets segments of steady traffic grow older, and those after a pause no more', async () => {
    const spool = await openSpool({ steadyAgeMs: 600 });
    const closesAfter = async (number: number, ageMs: number): Promise<void> => {
      await spool.append(capturedFixture(number));
      clock.advance(ageMs - 1);
      // Behind whatever the clock has set going.
      await spool.append(capturedFixture(100 + number));
      expect(spool.batches()).toHaveLength(number);
      clock.advance(1);
      await vi.waitFor(() => expect(spool.batches()).toHaveLength(number + 1), 20_000);
    };
    await closesAfter(0, 200);
    await closesAfter(1, 600);
    await closesAfter(2, 600);
    clock.advance(200);
    await closesAfter(3, 200);
    expect(await requestIds(spool)).toEqual([0, 100, 1, 101, 2, 102, 3, 103].map(idOf));
  });

  it('refuses by name what does not fit, counts it, and takes records again after room is made', async () => {
    const bytes = encodeFrame(capturedFixture(1)).length;
    const spool = await openSpool({ maxBytes: bytes * 2 + 10 });
    await spool.append(capturedFixture(1));
    await spool.append(capturedFixture(1));
    await expect(spool.append(capturedFixture(1))).rejects.toEqual(refusedFor('spool-full'));
    await expect(spool.append(capturedFixture(1, 17_000_000))).rejects.toEqual(refusedFor('record-too-large'));
    await spool.sealNow();
    await spool.remove(spool.batches()[0]!.batchId);
    expect(spool.stats().heldBytes).toBe(0);
    await spool.append(capturedFixture(1));
    expect(spool.stats().refused).toEqual({ 'spool-full': 1, 'record-too-large': 1 });
  });

  it('refuses by name when the folder cannot be written, and goes on after', async () => {
    const spool = await openSpool();
    const [name] = await readdir(root);
    const folder = join(root, name!);
    await rm(folder, { recursive: true });
    await expect(spool.append(capturedFixture(1))).rejects.toEqual(refusedFor('write-failed'));
    expect(spool.stats()).toMatchObject({ heldBytes: 0, refused: { 'write-failed': 1 } });
    await mkdir(folder);
    await writeFile(join(folder, 'owner-1.json'), '{}');
    await chmod(folder, 0o700);
    await spool.append(capturedFixture(2));
    await spool.sealNow();
    expect(await requestIds(spool)).toEqual([idOf(2)]);
  });

  it('finds unconfirmed batches again after a clean stop, and leaves nothing when all are confirmed', async () => {
    const first = await openSpool();
    await first.append(capturedFixture(1));
    await first.close();
    await expect(first.append(capturedFixture(2))).rejects.toEqual(refusedFor('closed'));
    const second = await openSpool();
    expect(await requestIds(second)).toEqual([idOf(1)]);
    await second.remove(second.batches()[0]!.batchId);
    await second.close();
    expect(await readdir(root)).toEqual([]);
  });

  it('seals what a killed process left: whole frames kept, the torn tail cut', async () => {
    const folder = await deadFolder(FOLDER_A);
    const frames = [1, 2, 3].map((number) => encodeFrame(capturedFixture(number)));
    await writeFile(join(folder, `${SEGMENT_A}.open`), Buffer.concat([frames[0]!, frames[1]!, frames[2]!.subarray(0, 50)]));
    await writeFile(join(folder, `${SEGMENT_B}.batch`), frames[2]!);
    await writeFile(join(folder, '00000000-0000-4000-8000-0000000000cc.open'), 'torn');
    const spool = await openSpool();
    expect((await requestIds(spool)).toSorted()).toEqual([idOf(1), idOf(2), idOf(3)]);
    // Batches stay where they are: jobs in the queue name their path.
    expect(spool.batches().map(({ batchId, directory }) => ({ batchId, directory }))).toEqual(
      expect.arrayContaining([{ batchId: SEGMENT_A, directory: folder }, { batchId: SEGMENT_B, directory: folder }]),
    );
    for (const batch of spool.batches()) await spool.remove(batch.batchId);
    expect(await readdir(root)).toHaveLength(1);
    expect(spool.stats().heldBytes).toBe(0);
  });

  it('leaves the folder of a living process alone', async () => {
    const living = await openSpool();
    await living.append(capturedFixture(1));
    await living.sealNow();
    const other = await openSpool();
    expect(other.batches()).toEqual([]);
    expect(await other.adoptOrphans()).toBe(0);
  });

  it('adopts an orphan once, however many try at the same time', async () => {
    const folder = await deadFolder(FOLDER_A);
    const claims = await Promise.all(Array.from({ length: 20 }, () => adoptFolder(folder, clock.nowMs())));
    expect(claims.filter((claim) => claim !== null)).toEqual([{ folder, generation: 2 }]);
    const own = await claimNewFolder(root);
    expect(await adoptFolder(own.folder, clock.nowMs())).toBeNull();
  });

  it('judges an owner by process start on its host and by heartbeat elsewhere', () => {
    const owner = { host: 'a', pid: 7, start: 'boot:5', released: false };
    expect(ownerState(owner, 'a', 'boot:5', 1e9)).toBe('same-host-running');
    expect(ownerState(owner, 'a', 'boot:6', 0)).toBe('same-host-gone');
    expect(ownerState(owner, 'a', null, 0)).toBe('same-host-gone');
    expect(ownerState(owner, 'a', 'unknown', 0)).toBe('same-host-running');
    expect(ownerState(owner, 'b', null, 59_000)).toBe('other-host-beating');
    expect(ownerState(owner, 'b', null, 61_000)).toBe('other-host-silent');
    expect(ownerState({ ...owner, released: true }, 'a', 'boot:5', 0)).toBe('released');
  });
});
