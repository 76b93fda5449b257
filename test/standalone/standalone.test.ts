import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 120_000;
const KEY = /sbx_[a-z2-7]{8}_[\w-]{43}/g;

let folder = '';
let port = 0;
let signalbox: SignalboxProcess;

/** With no key given, so that the first start makes one. */
const environment = (): Record<string, string> => ({ SIGNALBOX_ADMIN_KEY: '' });
const state = (): string => join(folder, 'state');
const postmasterPid = (): number => Number(readFileSync(join(state(), 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
/** A server that starts takes the file of the one before away: between two looks there may be none, or an empty one. */
function isStartedAfter(pid: number): boolean {
  try {
    return postmasterPid() > 0 && postmasterPid() !== pid;
  } catch {
    return false;
  }
}
const modelsWith = (key: string) => fetch(`${signalbox.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that ended but was not yet collected still has its number.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

beforeAll(async () => {
  folder = newTemporaryHome('standalone-');
  port = await freePort();
  signalbox = new SignalboxProcess(folder, port, environment());
});
afterEach(() => signalbox.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a standalone Signalbox', () => {
  let key = '';

  it('makes a key and imports the demo model at the first start, and stops with nothing left running', async () => {
    await signalbox.start();
    await until(() => signalbox.log.includes('serves on'), LIMIT_MS);
    key = KEY.exec(signalbox.log)?.[0] ?? '';
    KEY.lastIndex = 0;
    const models = (await (await modelsWith(key)).json()) as { data: { id: string }[] };
    expect(models.data.map(({ id }) => id)).toEqual(['tiny-mixtral']);
    expect((await modelsWith(`${key}x`)).status).toBe(401);
    const pids = [postmasterPid(), ...signalbox.childrenMatching('pipeline')];
    expect(pids).toHaveLength(2);
    expect(await signalbox.stop()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(state(), 'postgres', 'data', 'postmaster.pid'))).toBe(false);
  });

  it('goes on at the second start where it was, and does not show the key again', async () => {
    const before = signalbox.log.length;
    await signalbox.start();
    await until(() => signalbox.log.slice(before).includes('serves on'), LIMIT_MS);
    expect(signalbox.log.slice(before)).not.toMatch(KEY);
    expect(signalbox.log.slice(before)).not.toContain('importing');
    expect((await modelsWith(key)).status).toBe(200);
  });

  it('refuses a second start on its home', async () => {
    await signalbox.start();
    const node = join(ROOT, 'node_modules', '.bin', 'node');
    const env = { PATH: process.env['PATH'], SIGNALBOX_HOME: state(), SIGNALBOX_PORT: String(port) };
    const second = spawnSync(node, [join(ROOT, 'dist', 'apps', 'standalone', 'main.js')], { cwd: ROOT, env, encoding: 'utf8' });
    expect(second.status).toBe(1);
    expect(second.stdout).toContain('Another Signalbox is running');
    expect((await modelsWith(key)).status).toBe(200);
  });

  it('takes over its database after kill -9, and leaves no pipeline behind', async () => {
    await signalbox.start();
    const postgres = postmasterPid();
    const [pipeline] = signalbox.childrenMatching('pipeline');
    await signalbox.kill();
    await until(() => pipeline !== undefined && !isAlive(pipeline), LIMIT_MS);
    expect(isAlive(postgres)).toBe(true);
    await signalbox.start();
    expect(postmasterPid()).toBe(postgres);
    expect(signalbox.log).toContain('found running');
    expect((await modelsWith(key)).status).toBe(200);
  });

  it('starts a killed pipeline and a killed PostgreSQL again', async () => {
    await signalbox.start();
    const postgres = postmasterPid();
    const [pipeline] = signalbox.childrenMatching('pipeline');
    expect(pipeline).toBeDefined();
    process.kill(pipeline ?? 0, 'SIGKILL');
    process.kill(postgres, 'SIGKILL');
    await until(() => signalbox.childrenMatching('pipeline').some((pid) => pid !== pipeline), LIMIT_MS);
    await until(() => isStartedAfter(postgres), LIMIT_MS);
    await until(async () => (await modelsWith(key).catch(() => null))?.status === 200, LIMIT_MS);
  });

  it('names a wrong setting and its remedy', async () => {
    const wrong = new SignalboxProcess(folder, port, { ...environment(), SIGNALBOX_DURABILITY: 'sometimes' });
    await expect(wrong.start()).rejects.toThrow(/SIGNALBOX_DURABILITY: give one of memory, answered, fsync/);
  });
});
