import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { messageOf } from '../errors/error-code.ts';
import { prepareHome } from '../home/home.ts';
import { chooseAccount, type Account } from './account.ts';
import { packagedBinaries, runnableBinaries } from './binaries.ts';
import { freePort, newPassword, readLaunchRecord, writeLaunchRecord, type LaunchRecord } from './launch-record.ts';
import { choosePlace } from './place.ts';
import { judgeServer } from './postmaster-file.ts';
import { DATABASE_USER, dataDirOf, initialise, processFacts, readPostmasterFile, removePostmasterFile, startServer, stopServer, type ServerHome } from './server.ts';
import { isConnectionLost } from './connection-lost.ts';
import { superviseServer } from './supervise.ts';

const DATABASE = 'signalbox';
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 50;
const STOP_TIMEOUT_SECONDS = 15;
const CONNECT_ATTEMPTS = 40;
const CONNECT_INTERVAL_MS = 250;

export interface EmbeddedPostgresOptions {
  /** SIGNALBOX_HOME; the caller holds its lock. */
  readonly home: string;
  /** Takes one sentence at a time. */
  readonly log: (message: string) => void;
}

export interface EmbeddedPostgres {
  /** With the password: not for logs. */
  readonly url: string;
  /** Whether the server had been left running by a Signalbox that was killed. */
  readonly adopted: boolean;
  stop(): Promise<void>;
}

/**
 * Brings up the PostgreSQL of this home: makes its data the first time, adopts a server that a
 * killed Signalbox left, recovers from a killed server, and starts it again should it die later.
 * @throws Error with the remedy when it does not come up.
 */
export async function startEmbeddedPostgres({ home, log }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  prepareHome(home);
  const known = readLaunchRecord(home);
  const account = accountFor(known);
  const record = known ?? firstRecord(home, account, log);
  const server: ServerHome = { binaries: runnableBinaries(packagedBinaries(), record.place, account), place: record.place, account };

  const { port, adopted } = await bringUp(server, record);
  if (port !== record.port) writeLaunchRecord(home, { ...record, port });

  const supervisor = superviseServer({
    isAlive: () => processFacts(readPostmasterFile(server)?.pid).alive,
    restart: () => startServer(server, port),
    log,
  });
  return {
    url: connectionUrl(record.password, port, DATABASE),
    adopted,
    stop: async () => {
      await supervisor.stop();
      await stopServer(server, STOP_TIMEOUT_SECONDS);
    },
  };
}

/** Written before the data exists, so that no start can leave data whose password nobody knows. */
function firstRecord(home: string, account: Account | null, log: (message: string) => void): LaunchRecord {
  const record = { place: choosePlace(home, account, randomUUID()), port: 0, password: newPassword() };
  if (existsSync(join(record.place, 'data'))) {
    throw new Error(`${home}/postgres has data but no launch.json, which holds its password. Restore that file, or move the folder away.`);
  }
  if (!record.place.startsWith(home)) {
    log(`The user ${account?.name}, who runs PostgreSQL, cannot reach ${home}: its data goes to ${record.place}.`);
    // For whoever finds the folder after the home is gone.
    mkdirSync(record.place, { recursive: true, mode: 0o711 });
    writeFileSync(join(record.place, 'belongs-to'), `${home}\n`);
  }
  writeLaunchRecord(home, record);
  return record;
}

function accountFor(known: LaunchRecord | null): Account | null {
  const dataDir = known === null ? null : join(known.place, 'data');
  const owner = dataDir !== null && existsSync(dataDir) ? statSync(dataDir).uid : null;
  const passwd = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  const choice = chooseAccount(process.getuid?.(), passwd, owner);
  if (choice.reason === 'none-found') {
    throw new Error('PostgreSQL refuses to run as root and this system has no user postgres or nobody to run it. Start Signalbox as an ordinary user, or set DATABASE_URL.');
  }
  return choice.account;
}

/** A server that was just killed, or is on its way out, may still look alive: then look again. */
async function bringUp(server: ServerHome, record: LaunchRecord): Promise<{ port: number; adopted: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    const livePort = await waitWhileStarting(server);
    const port = livePort ?? (await startFresh(server, record));
    try {
      await verifyAndCreateDatabase(server, connectionUrl(record.password, port, 'postgres'));
      return { port, adopted: livePort !== null };
    } catch (error) {
      if (attempt < CONNECT_ATTEMPTS && isConnectionLost(error)) await delay(CONNECT_INTERVAL_MS);
      else throw new Error(`The PostgreSQL that runs on ${dataDirOf(server)} is not usable: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Port of a live server of this data folder, once it is ready; null when there is none. */
async function waitWhileStarting(server: ServerHome): Promise<number | null> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const file = readPostmasterFile(server);
    const state = judgeServer(file, processFacts(file?.pid));
    if (state === 'ready') return file?.port ?? null;
    if (state === 'stale-file') removePostmasterFile(server);
    if (state !== 'starting') return null;
    if (waitedMs > READY_TIMEOUT_MS) throw new Error(`A PostgreSQL on ${dataDirOf(server)} (process ${file?.pid}) does not get ready. End it and start again.`);
    await delay(POLL_MS);
  }
}

async function startFresh(server: ServerHome, record: LaunchRecord): Promise<number> {
  await initialise(server, record.password);
  const port = await freePort(record.port);
  await startServer(server, port);
  return port;
}

/** Our password and our folder: only then is it our server that answers on this port. */
async function verifyAndCreateDatabase(server: ServerHome, url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // The query that a lost connection cuts off fails; unheard, the event that comes besides would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    const dataDir = rows[0]?.data_directory ?? '';
    if (dataDir === '' || realpathSync(dataDir) !== realpathSync(dataDirOf(server))) throw new Error(`the server there keeps its data in ${dataDir}`);
    const existing = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (existing.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function connectionUrl(password: string, port: number, database: string): string {
  return `postgres://${DATABASE_USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}
