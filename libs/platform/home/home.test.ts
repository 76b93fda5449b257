import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HomeInUseError, lockHome, prepareHome } from './home.ts';
import { loadTraceKey } from './trace-key.ts';

let home = '';
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'signalbox-home-')), 'home');
  prepareHome(home);
});
afterEach(() => rmSync(join(home, '..'), { recursive: true, force: true }));

describe('lockHome', () => {
  it('refuses a second holder until the first lets go', () => {
    const lock = lockHome(home);
    expect(() => lockHome(home)).toThrow(HomeInUseError);
    expect(() => lockHome(home)).toThrow(/Stop it first, or give this one another SIGNALBOX_HOME/);
    expect(readFileSync(join(home, 'lock.holder'), 'utf8')).toContain(String(process.pid));
    lock.release();
    lockHome(home).release();
  });

  it('is free again when its holder was killed', async () => {
    const module = new URL('./home.ts', import.meta.url).href;
    const code = `(await import('${module}')).lockHome(process.argv[1]); console.log('locked'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--conditions=development', '--input-type=module', '--eval', code, home]);
    await once(holder.stdout, 'data');
    expect(() => lockHome(home)).toThrow(HomeInUseError);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    lockHome(home).release();
  });
});

describe('loadTraceKey', () => {
  it('generates one key, for the owner only, and keeps it', () => {
    const key = loadTraceKey(home, null);
    expect(key).toHaveLength(32);
    expect(loadTraceKey(home, null)).toEqual(key);
    expect(statSync(join(home, 'keys', 'trace.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'keys')).mode & 0o777).toBe(0o700);
  });

  it('prefers a given key, and never replaces a damaged one', () => {
    expect(loadTraceKey(home, Buffer.alloc(32, 1))).toEqual(Buffer.alloc(32, 1));
    loadTraceKey(home, null);
    writeFileSync(join(home, 'keys', 'trace.key'), 'half a k');
    expect(() => loadTraceKey(home, null)).toThrow(/Restore it from a backup/);
  });
});
