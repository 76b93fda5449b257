import { appendFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../program.ts';
import { type Terminal } from '../terminal.ts';

let folder: string;
let out: string[];
let notes: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-sign-'));
  await mkdir(join(folder, 'model', 'deep'), { recursive: true });
  await writeFile(join(folder, 'model', 'config.json'), '{}');
  await writeFile(join(folder, 'model', 'deep', 'weights'), 'weights');
  out = [];
  notes = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const plain = (text: string): string => text;

/** Runs without any server: nothing here may need one. */
function run(line: string, env: Record<string, string> = {}): Promise<number> {
  const terminal: Terminal = {
    env: { SIGNALBOX_URL: 'http://127.0.0.1:1', SIGNALBOX_API_KEY: 'k'.repeat(32), ...env },
    columns: 80,
    rows: 24,
    isTty: false,
    colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal,
    workingDir: folder,
    print: (text) => out.push(text),
    note: (text) => notes.push(text),
  };
  return runCli(line.split(' '), terminal);
}

const verify = (publicKey = 'key.pub') => run(`verify-signature directory model --signature model/model.sig --public-key ${publicKey}`);

describe('signing without a server', () => {
  beforeEach(async () => {
    await run('trust new-key key');
    await run('sign directory model --key key --out model/model.sig');
    notes = [];
  });

  it('keeps the private key to its owner and writes over nothing', async () => {
    expect((await stat(join(folder, 'key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'key.pub'), 'utf8')).toContain('BEGIN PUBLIC KEY');
    expect(await run('trust new-key key')).toBe(2);
    expect(notes.join()).toContain('is there already');
    expect(await run('sign directory model --key key.pub --out other.sig')).toBe(2);
  });

  it('verifies what was signed, and names what was added, removed or altered', async () => {
    expect(await verify()).toBe(0);
    expect(out.at(-1)).toContain('signed exactly these 2 digests');
    await appendFile(join(folder, 'model', 'deep', 'weights'), '!');
    expect(await verify()).toBe(1);
    expect(notes.at(-1)).toContain('other bytes of deep/weights');
    await writeFile(join(folder, 'model', 'deep', 'weights'), 'weights');
    await writeFile(join(folder, 'model', 'extra'), '');
    expect(await verify()).toBe(1);
    expect(notes.at(-1)).toContain('does not sign extra');
    await rm(join(folder, 'model', 'extra'));
    await rm(join(folder, 'model', 'config.json'));
    expect(await verify()).toBe(1);
    expect(notes.at(-1)).toContain('signs config.json, which is not there');
  });

  it('refuses another key and links that could point anywhere', async () => {
    await run('trust new-key other');
    expect(await verify('other.pub')).toBe(1);
    expect(notes.at(-1)).toContain('not known');
    await symlink('/etc/hostname', join(folder, 'model', 'link'));
    expect(await verify()).toBe(2);
    expect(notes.at(-1)).toContain('link is a symbolic link');
  });
});

it('signs with an encrypted key only with its passphrase, from a file or the environment', async () => {
  await writeFile(join(folder, 'pass'), 'correct horse\n');
  expect(await run('trust new-key key --passphrase-file pass')).toBe(0);
  expect(await readFile(join(folder, 'key'), 'utf8')).toContain('ENCRYPTED');
  expect(await run('sign component model/config.json --key key --out a.sig')).toBe(2);
  expect(await run('sign component model/config.json --key key --out a.sig --passphrase-file pass')).toBe(0);
  expect(await run('sign component model/config.json --key key --out b.sig', { SIGNALBOX_SIGNING_PASSPHRASE: 'correct horse' })).toBe(0);
  expect(await run('verify-signature component model/config.json --signature b.sig --public-key key.pub')).toBe(0);
  expect(await run('verify-signature component model/deep/weights --signature b.sig --public-key key.pub')).toBe(1);
});

it('does not sign a manifest that is not the one that the release id names', async () => {
  await run('trust new-key key');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ format: 'signalbox.release/1', model: 'm', components: {} }));
  expect(await run(`sign release ${'a'.repeat(64)} --manifest manifest.json --key key --out r.sig`)).toBe(1);
  expect(notes.at(-1)).toContain('not that of release');
});
