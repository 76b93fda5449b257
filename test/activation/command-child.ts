import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DataSource } from 'typeorm';
import { seededRandom } from '../harness/random.ts';

/** Issues activation commands without an end, for a test that kills it. Runs what is built: decorators need compiling. */
const DIST = join(import.meta.dirname, '..', '..', 'dist');
const built = async (path: string): Promise<Record<string, unknown>> => import(pathToFileURL(join(DIST, path)).href) as Promise<Record<string, unknown>>;

type Command = Readonly<Record<string, unknown>>;
interface Desk {
  command(model: string, command: Command, context: Readonly<Record<string, unknown>>): Promise<unknown>;
}

const { createDataSource } = (await built('libs/store/data-source.js')) as { createDataSource: (options: { url: string; poolSize: number }) => DataSource };
const { storedActivationDesk } = (await built('apps/control/models/activation-parts.js')) as { storedActivationDesk: (store: DataSource, settings: { now: () => number }) => Desk };
const releases = (process.env['RELEASES'] ?? '').split(',');
const next = seededRandom(Number(process.env['SEED']));
const store = await createDataSource({ url: process.env['DATABASE_URL'] ?? '', poolSize: 2 }).initialize();
const desk = storedActivationDesk(store, { now: Date.now });
const pick = (): string => releases[Math.floor(next() * releases.length)] ?? '';

const COMMANDS: readonly (() => Command)[] = [
  () => ({ type: 'activate', releaseId: pick() }),
  () => ({ type: 'start-canary', canary: { releaseId: pick(), share: next(), stickyBy: 'key', scope: { segment: null, routeSlice: null }, salt: String(next()) } }),
  () => ({ type: 'set-canary-share', share: next() }),
  () => ({ type: 'promote' }),
  () => ({ type: 'abort-canary' }),
  () => ({ type: 'rollback' }),
  () => ({ type: 'start-shadow', shadow: { releaseId: pick(), share: next() } }),
  () => ({ type: 'stop-shadow' }),
];
let isTold = false;
for (;;) {
  const command = COMMANDS[Math.floor(next() * COMMANDS.length)]?.() ?? { type: 'promote' };
  const context = { caller: { accountId: 'user:child', name: 'child', keyId: null }, reason: null, cause: 'direct' };
  // Most are refused by the state they meet: what counts is what those that are not leave behind.
  const isTaken = await desk.command('toy', command, context).then(() => true, () => false);
  // On a busy machine a first command can take longer than the test waits before it kills.
  if (isTaken && !isTold) isTold = process.send?.('took one') ?? true;
}
