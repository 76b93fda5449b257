import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../apps/cli/program.ts';
import { type Terminal } from '../../apps/cli/terminal.ts';
import { AccessHouse } from '../access/access-house.ts';
import { runRound } from './alert-fixture.ts';

const house = new AccessHouse();
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-rules-'));
  await house.start();
  // The watchdog fires from the first round.
  await runRound(house.dataSource, Date.now());
});
afterAll(async () => {
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(...args: string[]): Promise<string> {
  let out = '';
  const plain = (text: string): string => text;
  const write = (text: string): void => void (out += `${text}\n`);
  const terminal = {
    env: { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: house.admin }, columns: 200, rows: 50, isTty: false, signal: new AbortController().signal, workingDir: folder, print: write, note: write,
    colors: { bold: plain, dim: plain } as unknown as Terminal['colors'],
  } satisfies Terminal;
  expect([await runCli(args, terminal), out]).toEqual([0, out]);
  return out;
}

it('lists, shows and acknowledges alerts', async () => {
  const listed = await run('alerts');
  expect(listed).toMatch(/alerting +info +Watchdog/);
  const id = /^([0-9a-f]{12}) /m.exec(listed)![1]!;
  expect(await run('alerts', 'show', id)).toContain('Alerts arrive: this one always fires.');
  expect(await run('alerts', 'ack', id, '--note', 'seen')).toContain('acknowledged by');
  expect(await run('alerts', 'show', id)).toContain(': seen');
  expect(await run('alerts', 'ack', id, '--undo')).toContain('not acknowledged any more');
  expect(await run('alerts', 'list', '--history')).toContain('still fires');
});

it('adds, lists and ends silences', async () => {
  expect(await run('silences', 'add', 'signal=watchdog', '--for', '2h', '--comment', 'a test', '--dry-run')).toContain('would silence 1 alerts');
  const [, id] = /Silence (\S+) until/.exec(await run('silences', 'add', 'signal=watchdog', 'layer!=3|4', '--for', '2h', '--comment', 'a test'))!;
  expect(await run('silences')).toContain('signal=watchdog layer!=3|4');
  expect(await run('silences', 'expire', id!)).toContain('ended');
  expect(await run('silences', 'list', '--live')).toBe('No silence.\n');
});

it('lists, shows, applies, previews and disables rules', async () => {
  expect(await run('rules')).toMatch(/router-shift +on +Router changed +router-shift +warning > 0.002, critical > 0.01/);
  writeFileSync(join(folder, 'rule.json'), await run('rules', 'show', 'router-shift'));
  expect(await run('rules', 'apply', 'rule.json')).toContain('Rule router-shift, generation 2.');
  expect(await run('rules', 'preview', 'rule.json')).toContain('No episode in 0 readings.');
  expect(await run('rules', 'disable', 'router-shift')).toContain('router-shift is off');
  expect(await run('rules')).toMatch(/router-shift +off/);
  expect(await run('rules', 'disable', 'router-shift', '--undo')).toContain('router-shift is on');
});
