import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
import { parsePostmasterFile } from './postmaster-file.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function newHome(mode = 0o711): string {
  const home = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
  chmodSync(home, mode);
  cleanUps.push(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function start(home: string, log: string[] = []): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ home, log: (message) => log.push(message) });
  cleanUps.push(() => postgres.stop());
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  // What a killed server cuts off fails by itself; unheard, the event that comes besides would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows;
  } finally {
    await client.end();
  }
}

function placeOf(home: string): string {
  return (JSON.parse(readFileSync(join(home, 'postgres', 'launch.json'), 'utf8')) as { place: string }).place;
}

function serverPid(home: string): number {
  return parsePostmasterFile(readFileSync(join(placeOf(home), 'data', 'postmaster.pid'), 'utf8'))?.pid ?? 0;
}

/** Starts a server from another process, as another user if asked; resolves with its URL and the process. */
async function startElsewhere(home: string, uid?: number) {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href;
  const code = `const { startEmbeddedPostgres } = await import('${module}');
    const postgres = await startEmbeddedPostgres({ home: process.argv[1], log: console.error });
    console.log(postgres.url);
    process.stdin.once('data', async () => { await postgres.stop(); process.exit(0); });`;
  const args = ['--conditions=development', '--input-type=module', '--eval', code, home];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], ...(uid === undefined ? {} : { uid, gid: uid }) });
  cleanUps.push(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const [url] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])) as [string];
  return { url, child };
}

async function until<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 800) throw error;
      await delay(50);
    }
  }
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data, its password and its address from one start to the next', async () => {
    const home = newHome();
    const first = await startEmbeddedPostgres({ home, log: () => undefined });
    expect(first.adopted).toBe(false);
    // None that a system gives to whoever asks for any: one of those would be taken while the server is down.
    expect(Number(new URL(first.url).port)).toBeLessThan(32_768);
    await query(first.url, 'CREATE TABLE book AS SELECT 7 AS page');
    expect(await query(first.url, "SELECT current_database(), current_setting('synchronous_commit')")).toEqual([['signalbox', 'on']]);
    await first.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);

    const second = await start(home);
    expect(second).toMatchObject({ adopted: false, url: first.url });
    expect(await query(second.url, 'SELECT page FROM book')).toEqual([[7]]);
    expect(statSync(join(home, 'postgres', 'launch.json')).mode & 0o777).toBe(0o600);
    await expect(query(second.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('adopts the server of a Signalbox that was killed', async () => {
    const home = newHome();
    const { url, child } = await startElsewhere(home);
    await query(url, 'CREATE TABLE book AS SELECT 8 AS page');
    const pid = serverPid(home);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const adopted = await start(home);
    expect(adopted).toMatchObject({ adopted: true, url });
    expect(serverPid(home)).toBe(pid);
    expect(await query(adopted.url, 'SELECT page FROM book')).toEqual([[8]]);
    await adopted.stop();
    await expect(query(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('starts the server again when it is killed, with nothing committed lost', async () => {
    const home = newHome();
    const log: string[] = [];
    const { url } = await start(home, log);
    await query(url, 'CREATE TABLE book AS SELECT 9 AS page');
    process.kill(serverPid(home), 'SIGKILL');
    expect(await until(() => query(url, 'SELECT page FROM book'))).toEqual([[9]]);
    await until(async () => expect(log.at(-1)).toMatch(/is back/));
  });

  it('recovers when server and Signalbox were both killed', async () => {
    const home = newHome();
    const { url, child } = await startElsewhere(home);
    await query(url, 'CREATE TABLE book AS SELECT 10 AS page');
    child.kill('SIGKILL');
    process.kill(serverPid(home), 'SIGKILL');
    await once(child, 'exit');
    const recovered = await start(home);
    expect(recovered.adopted).toBe(false);
    expect(await query(recovered.url, 'SELECT page FROM book')).toEqual([[10]]);
  });

  it.runIf(process.platform === 'linux')('is not misled by a left-over file whose number another program now has', async () => {
    const home = newHome();
    await (await startEmbeddedPostgres({ home, log: () => undefined })).stop();
    const data = join(placeOf(home), 'data');
    const { uid, gid } = statSync(data);
    writeFileSync(join(data, 'postmaster.pid'), [process.pid, data, 1, 1, '', '127.0.0.1', '1 1', 'ready'].join('\n'));
    chownSync(join(data, 'postmaster.pid'), uid, gid);
    expect(await query((await start(home)).url, 'SELECT 1')).toEqual([[1]]);
  });

  it.runIf(isRoot)('runs as an ordinary user', async () => {
    const home = newHome(0o700);
    chownSync(home, NOBODY, NOBODY);
    const { url, child } = await startElsewhere(home, NOBODY);
    expect(await query(url, 'SELECT 1')).toEqual([[1]]);
    expect(statSync(join(home, 'postgres', 'data')).uid).toBe(NOBODY);
    child.stdin.write('stop\n');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.runIf(isRoot)('moves where its user gets in, if root keeps its home closed', async () => {
    const home = newHome(0o700);
    const log: string[] = [];
    const first = await startEmbeddedPostgres({ home, log: (message) => log.push(message) });
    const place = placeOf(home);
    cleanUps.push(() => rmSync(place, { recursive: true, force: true }));
    expect(dirname(place)).toBe('/var/lib/signalbox');
    expect(log).toEqual([expect.stringContaining(place)]);
    expect(readFileSync(join(place, 'belongs-to'), 'utf8')).toBe(`${home}\n`);
    expect(existsSync(join(place, 'data', 'PG_VERSION'))).toBe(true);
    await first.stop();
    const second = await start(home);
    expect(second.url).toBe(first.url);
    expect(placeOf(home)).toBe(place);
  });
});
