import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { encodeFrame } from './batch-format.ts';
import { readBatch } from './batch-source.ts';
import { capturedFixture } from './captured.fixture.ts';

const bytes = encodeFrame(capturedFixture(1));
const sha256 = createHash('sha256').update(bytes).digest('hex');
let top: string;
let root: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'batch-source-'));
  root = join(top, 'spool');
  await mkdir(join(root, 'writer'), { recursive: true });
  await writeFile(join(root, 'writer', 'a.batch'), bytes);
  await writeFile(join(top, 'outside.batch'), bytes);
});
afterEach(() => rm(top, { recursive: true, force: true }));

const jobAt = (directory: string, file: string, changes: object = {}): CaptureJob => ({
  version: 1, batchId: 'b', requests: 1, transport: 'spool', directory, file, bytes: bytes.length, sha256, ...changes,
});

describe('readBatch', () => {
  it('reads a batch, and calls a removed one gone', async () => {
    expect(await readBatch(jobAt(join(root, 'writer'), 'a.batch'), root)).toEqual({ found: true, captured: [capturedFixture(1)] });
    expect(await readBatch(jobAt(join(root, 'writer'), 'b.batch'), root)).toEqual({ found: false, reason: 'gone' });
    expect(await readBatch(jobAt(join(root, 'removed'), 'b.batch'), root)).toEqual({ found: false, reason: 'gone' });
  });

  it('reads nothing outside the spool directory', async () => {
    await symlink(join(top, 'outside.batch'), join(root, 'writer', 'link.batch'));
    const outside = { name: 'BatchSourceError', reason: 'outside-spool' };
    await expect(readBatch(jobAt(top, 'outside.batch'), root)).rejects.toMatchObject(outside);
    await expect(readBatch(jobAt(top, 'missing.batch'), root)).rejects.toMatchObject(outside);
    await expect(readBatch(jobAt(join(root, 'writer'), '../../outside.batch'), root)).rejects.toMatchObject(outside);
    await expect(readBatch(jobAt(join(root, 'writer'), 'link.batch'), root)).rejects.toMatchObject(outside);
  });

  it('names what is wrong with a batch', async () => {
    const directory = join(root, 'writer');
    await expect(readBatch(jobAt(directory, 'a.batch', { sha256: '00' }), root)).rejects.toMatchObject({ reason: 'checksum' });
    await expect(readBatch(jobAt(directory, 'a.batch', { requests: 2 }), root)).rejects.toMatchObject({ reason: 'wrong-count' });
    await expect(readBatch(jobAt(directory, 'a.batch'), join(top, 'nowhere'))).rejects.toMatchObject({ reason: 'spool-missing' });
    const inline: CaptureJob = { version: 1, batchId: 'b', requests: 1, transport: 'inline', data: 'AAAA', sha256 };
    await expect(readBatch(inline, root)).rejects.toMatchObject({ reason: 'checksum' });
  });
});
