import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { FAKE_RELEASE, fakeTokenizer } from '../testing/fake-engine.ts';
import { IntegrityError } from './component-check.ts';
import { FileDigests, type VerifyMode } from './file-digests.ts';
import { HashThread } from './hash-thread.ts';
import { type LoadGuard, VerifiedLoading } from './verified-loading.ts';

let folder: string;
let thread: HashThread;
let hashed: string[];
let events: string[];
let components: Record<string, string>;
let manifest: ReleaseManifest;
let duringLoad: () => Promise<void>;

const NAMES = ['backbone', 'tokenizer', 'expert/0/1'];
const pathOf = (name: string): string => components[manifest.components[name] ?? ''] ?? '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-integrity-'));
  thread = new HashThread();
  hashed = [];
  events = [];
  components = {};
  duringLoad = () => Promise.resolve();
  const versions: Record<string, string> = {};
  for (const name of NAMES) {
    const bytes = `bytes of ${name}`.repeat(1000);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    versions[name] = sha256;
    components[sha256] = join(folder, sha256);
    await writeFile(join(folder, sha256), bytes, { mode: 0o444 });
  }
  manifest = { ...FAKE_RELEASE.manifest, components: versions };
});
afterEach(async () => {
  await thread.close();
  await rm(folder, { recursive: true, force: true });
});

function loading(mode: VerifyMode = 'once', guard: LoadGuard = () => Promise.resolve()): VerifiedLoading {
  const hash = (path: string) => {
    hashed.push(path);
    return thread.hash(path);
  };
  return new VerifiedLoading({
    engine: {
      load: async () => {
        events.push('loaded');
        await duringLoad();
      },
      unload: async () => void events.push('unloaded'),
    },
    loadTokenizer: async () => fakeTokenizer,
    digests: new FileDigests(hash, mode),
    guard,
    tellVerified: ({ hashedBytes }) => events.push(hashedBytes > 0 ? 'hashed' : 'known'),
    tellRefused: async (_, __, error) => void events.push(error instanceof IntegrityError ? error.reason : 'refused'),
    nowMs: () => 0,
  });
}

const load = (target: VerifiedLoading) => target.load(releaseIdOf(manifest), manifest, components);

async function tamper(name: string): Promise<void> {
  const path = pathOf(name);
  const { atime, mtime } = await stat(path);
  await chmod(path, 0o644);
  await writeFile(path, 'B'.repeat((await stat(path)).size));
  // As somebody would who wants it to go unnoticed.
  await utimes(path, atime, mtime);
}

describe('verified loading', () => {
  it('hashes every file once a process, and again only what changed', async () => {
    const target = loading();
    await load(target);
    await load(target);
    expect(hashed).toHaveLength(NAMES.length);
    await utimes(pathOf('backbone'), new Date(0), new Date(0));
    await load(target);
    expect(hashed).toHaveLength(NAMES.length + 1);
    expect(events).toEqual(['hashed', 'loaded', 'known', 'loaded', 'hashed', 'loaded']);
  });

  it('hashes every time where that is asked for', async () => {
    const target = loading('always');
    await load(target);
    await load(target);
    expect(hashed).toHaveLength(2 * NAMES.length);
  });

  it.each(NAMES)('refuses a release whose %s was altered, though its size and times are the same', async (name) => {
    const target = loading();
    await load(target);
    await tamper(name);
    events = [];
    const refusal = load(target);
    await expect(refusal).rejects.toThrow(new RegExp(`component ${name}: its file .* has the digest .*import the checkpoint again`));
    await expect(refusal).rejects.toMatchObject({ reason: 'component-damaged', component: name });
    expect(events).toEqual(['component-damaged']);
  });

  it('refuses an altered tokenizer before it is read', async () => {
    const target = loading();
    const release = { ...FAKE_RELEASE, manifest, components, releaseId: releaseIdOf(manifest) };
    expect(await target.tokenizer(release)).toBe(fakeTokenizer);
    await tamper('tokenizer');
    await expect(target.tokenizer(release)).rejects.toThrow(/component tokenizer/);
  });

  it('refuses a missing file, a manifest that is not the one that the id names, and what the guard refuses', async () => {
    await expect(loading().load('0'.repeat(64), manifest, components)).rejects.toMatchObject({ reason: 'manifest-damaged' });
    await expect(load(loading('once', () => Promise.reject(new Error('unsigned'))))).rejects.toThrow('unsigned');
    await rm(pathOf('expert/0/1'));
    await expect(load(loading())).rejects.toMatchObject({ reason: 'component-unreadable', component: 'expert/0/1' });
    expect(events).not.toContain('loaded');
  });

  it('takes a release back whose file changed while it was being loaded', async () => {
    duringLoad = () => tamper('backbone');
    await expect(load(loading())).rejects.toMatchObject({ reason: 'component-changed', component: 'backbone' });
    expect(events).toEqual(['hashed', 'loaded', 'component-changed', 'unloaded']);
  });
});
