import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChildKeeper, restartDelayMs } from './child-keeper.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function scriptOf(code: string): string {
  const path = join(folder, 'child.mjs');
  writeFileSync(path, code);
  return path;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(10);
}

/** Whole lines only: the file is there, empty, a moment before its first one. */
const lines = (name: string): string[] => {
  try {
    return readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
};

const LOG = `import { appendFileSync } from 'node:fs';
  const log = (text) => appendFileSync(process.env.FOLDER + '/log', text + '\\n');`;
/** Comes after a script's handlers: who reads it may send a signal at once. */
const STARTED = `log('started ' + process.pid);`;

it('starts a dead child again, and stops it when asked', async () => {
  const script = scriptOf(`${LOG} process.on('SIGTERM', () => { log('stopped'); process.exit(0); }); setInterval(() => {}, 1000); ${STARTED}`);
  const deaths: string[] = [];
  const keeper = new ChildKeeper({ script, env: { FOLDER: folder }, onDeath: (reason, delayMs) => deaths.push(`${reason} ${delayMs}`) });
  keeper.start();
  await until(() => lines('log').length === 1);
  process.kill(Number(lines('log')[0]?.split(' ')[1]), 'SIGKILL');
  await until(() => lines('log').length === 2);
  expect(deaths).toEqual(['signal SIGKILL 250']);
  expect(keeper.isRunning).toBe(true);
  await keeper.stop(10_000);
  expect(lines('log').at(-1)).toBe('stopped');
  expect(keeper.isRunning).toBe(false);
});

it('leaves a child alone that may end and did, and starts it when asked', async () => {
  const script = scriptOf(`${LOG} ${STARTED} process.exit(lines() === 2 ? 3 : 0); function lines() { return readFileSync(process.env.FOLDER + '/log', 'utf8').trim().split('\\n').length; }`.replace('{ appendFileSync }', '{ appendFileSync, readFileSync }'));
  const deaths: string[] = [];
  const keeper = new ChildKeeper({ script, env: { FOLDER: folder }, onDeath: (reason) => deaths.push(reason), mayEnd: true });
  keeper.ensure();
  keeper.ensure();
  await until(() => lines('log').length === 1 && !keeper.isRunning);
  expect(deaths).toEqual([]);
  // Its second life ends with a failure, after which it is started again, and not twice.
  keeper.ensure();
  await until(() => deaths.length === 1);
  keeper.ensure();
  await until(() => lines('log').length === 3 && !keeper.isRunning);
  expect(deaths).toEqual(['exit code 3']);
  await keeper.stop(1000);
  keeper.ensure();
  expect(keeper.isRunning).toBe(false);
});

it('kills a child that does not end in time', async () => {
  const script = scriptOf(`${LOG} process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); ${STARTED}`);
  const keeper = new ChildKeeper({ script, env: { FOLDER: folder }, onDeath: () => undefined });
  keeper.start();
  await until(() => lines('log').length === 1);
  await keeper.stop(10);
  expect(keeper.isRunning).toBe(false);
});

it('waits longer with each failure in a row, to a limit', () => {
  expect([1, 2, 3, 7, 100].map(restartDelayMs)).toEqual([250, 500, 1000, 15_000, 15_000]);
});
