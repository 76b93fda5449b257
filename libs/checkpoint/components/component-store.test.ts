import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ComponentStore } from './component-store.ts';
import { KEEP_STAGED_MS, partialName } from './staging-area.ts';

const BYTES = new TextEncoder().encode('the bytes of a component');
const DIGEST = createHash('sha256').update(BYTES).digest('hex');
const HOUR_MS = 3_600_000;

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* breakingOff(): AsyncGenerator<Uint8Array> {
  yield BYTES;
  throw new Error('the source broke');
}

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'signalbox-store-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

function partial(host: string, pid: number): string {
  return `${host}.${pid}.00000000-0000-0000-0000-000000000000.partial`;
}

async function place(name: string, ageMs: number): Promise<string> {
  await mkdir(join(root, '.staging', 'area'), { recursive: true });
  const path = join(root, '.staging', 'area', name);
  await writeFile(path, BYTES);
  const time = new Date(Date.now() - ageMs);
  await utimes(path, time, time);
  return name;
}

describe('ComponentStore', () => {
  it('names a component by the digest of its bytes and makes it read-only', async () => {
    const store = await ComponentStore.open(root);
    const written = await store.write(chunksOf(BYTES.subarray(0, 5), BYTES.subarray(5)));
    expect(written).toEqual({ sha256: DIGEST, sizeBytes: BYTES.byteLength, reused: false });
    expect(store.pathOf(DIGEST)).toBe(join(root, DIGEST.slice(0, 2), DIGEST));
    expect((await stat(store.pathOf(DIGEST))).mode & 0o222).toBe(0);
    expect(await store.has(DIGEST)).toBe(true);
    expect(await store.verify(DIGEST)).toBe('intact');
    expect(await readdir(join(root, '.staging'))).toEqual([]);
  });

  it('writes the same bytes once', async () => {
    const store = await ComponentStore.open(root);
    await store.write(chunksOf(BYTES));
    const { ino } = await stat(store.pathOf(DIGEST));
    expect(await store.write(chunksOf(BYTES))).toMatchObject({ reused: true });
    expect((await stat(store.pathOf(DIGEST))).ino).toBe(ino);
    const listed: unknown[] = [];
    for await (const component of store.list()) listed.push(component);
    expect(listed).toEqual([{ sha256: DIGEST, sizeBytes: BYTES.byteLength }]);
  });

  it('accepts a chunk that is overwritten once the next is asked for', async () => {
    const store = await ComponentStore.open(root);
    const buffer = new Uint8Array(1);
    const reusing = async function* (): AsyncGenerator<Uint8Array> {
      for (const byte of BYTES) {
        buffer[0] = byte;
        yield buffer;
      }
    };
    expect((await store.write(reusing())).sha256).toBe(DIGEST);
    expect(await store.verify(DIGEST)).toBe('intact');
  });

  it.each(['other', '#he bytes of a component'])('tells damaged from missing, and heals a damaged file: %s', async (damaged) => {
    const store = await ComponentStore.open(root);
    expect(await store.verify(DIGEST)).toBe('missing');
    await store.write(chunksOf(BYTES));
    await chmod(store.pathOf(DIGEST), 0o644);
    await writeFile(store.pathOf(DIGEST), damaged);
    expect(await store.verify(DIGEST)).toBe('damaged');
    await store.write(chunksOf(BYTES));
    expect(await store.verify(DIGEST)).toBe('intact');
  });

  it('leaves nothing of a write that fails', async () => {
    const store = await ComponentStore.open(root);
    await expect(store.write(breakingOff())).rejects.toThrow('the source broke');
    expect(await readdir(root, { recursive: true })).toEqual(['.staging']);
  });

  it('shows staged components only once they are published', async () => {
    const store = await ComponentStore.open(root);
    await store.stage('upload', chunksOf(BYTES));
    expect(await store.has(DIGEST)).toBe(false);
    expect(await store.findStaged('upload', DIGEST)).toBe(BYTES.byteLength);
    expect(await store.findStaged('other', DIGEST)).toBeNull();
    await expect(store.publish('upload', ['0'.repeat(64)])).rejects.toThrow('neither staged nor stored');
    await store.publish('upload', [DIGEST, DIGEST]);
    expect(await store.verify(DIGEST)).toBe('intact');
  });

  it.each(['', '../x', 'A'.repeat(64), `${'0'.repeat(63)}/`])('refuses the digest %j', async (digest) => {
    const store = await ComponentStore.open(root);
    expect(() => store.pathOf(digest)).toThrow(RangeError);
  });
});

describe('sweeping of the staging folder', () => {
  it('removes what dead processes left and keeps what may still grow', async () => {
    const kept = [
      await place(partialName(), 0),
      await place(partial(hostname(), process.ppid), HOUR_MS),
      await place(partial('another-host', 1), HOUR_MS),
      await place(DIGEST, HOUR_MS),
    ];
    await place(partial(hostname(), deadPid()), 0);
    await place(partial(hostname(), process.pid), 365 * 24 * HOUR_MS);
    await place(partial('another-host', 1), 25 * HOUR_MS);
    await place('0'.repeat(64), KEEP_STAGED_MS + HOUR_MS);
    // Written last: the two files of the other host share a name.
    await place(partial('another-host', 1), HOUR_MS);
    await ComponentStore.open(root);
    expect((await readdir(join(root, '.staging', 'area'))).toSorted()).toEqual(kept.toSorted());
  });

  it('removes an area once it is empty', async () => {
    await place(partial(hostname(), deadPid()), 0);
    await ComponentStore.open(root);
    expect(await readdir(join(root, '.staging'))).toEqual([]);
  });

  it('goes by the clock it is given', async () => {
    await place(DIGEST, 0);
    await ComponentStore.open(root, Date.now() + KEEP_STAGED_MS - HOUR_MS);
    expect(await readdir(join(root, '.staging', 'area'))).toEqual([DIGEST]);
    await ComponentStore.open(root, Date.now() + KEEP_STAGED_MS + HOUR_MS);
    expect(await readdir(join(root, '.staging'))).toEqual([]);
  });
});
