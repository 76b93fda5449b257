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

async function tried(args: readonly string[]): Promise<readonly [number, string]> {
  let out = '';
  const plain = (text: string): string => text;
  const write = (text: string): void => void (out += `${text}\n`);
  const terminal = {
    env: { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: house.admin }, columns: 200, rows: 50, isTty: false, signal: new AbortController().signal, workingDir: folder, print: write, note: write,
    colors: { bold: plain, dim: plain } as unknown as Terminal['colors'],
  } satisfies Terminal;
  return [await runCli(args, terminal), out];
}

async function run(...args: string[]): Promise<string> {
  const [code, out] = await tried(args);
  expect([code, out]).toEqual([0, out]);
  return out;
}

/** Exit code and what was told. */
async function fails(...args: string[]): Promise<readonly [number, string]> {
  const [code, out] = await tried(args);
  expect([code, out]).not.toEqual([0, out]);
  return [code, out];
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

it('shows, tries and sets the notification policy, by the names of receivers', async () => {
  await run('receivers', 'add', 'on-call', '--kind', 'webhook', '--url', 'https://hooks.example.com/signalbox');
  await run('receivers', 'add', 'team', '--kind', 'webhook', '--url', 'https://hooks.example.com/team');
  const shown = await run('alerts', 'policy', 'show');
  expect(shown).toContain('Generation 0, as it ships.');
  expect(await run('alerts', 'policy', 'preview', 'signal=review-overdue', 'severity=warning')).toContain('Nobody would be told of it.');

  const routes = 'routes:\n  - name: paging\n    matchers: [{ label: severity, is: equal, value: critical }]\n    receivers: [on-call]\n    groupBy: [model]';
  writeFileSync(join(folder, 'policy.yaml'), shown.split('\n').slice(1).join('\n').replace('receivers: []', 'receivers: [team]').replace('routes: []', routes));
  const draft = await run('alerts', 'policy', 'preview', 'signal=mix-shift', 'severity=critical', 'model=toy', 'layer=3', '--file', 'policy.yaml');
  expect(draft).toMatch(/on-call +on +route paging +model=toy +30 s \/ 300 s \/ 14400 s/);
  expect(draft).toContain('Nobody is told of it while an alert with signal=router-shift fires that has the same model, release, layer.');
  expect(await run('alerts', 'policy', 'set', 'policy.yaml')).toBe('Generation 1 of the notification policy is in force.\n');

  // What show prints is what set takes, with the version that was shown.
  const yaml = await run('alerts', 'policy');
  expect(yaml).toMatch(/^Generation 1, by .+ at .+\.\ngeneration: 1\nreceivers:\n {2}- team\n/);
  await run('silences', 'add', 'signal=collapse', '--for', '1h', '--comment', 'known');
  const own = await run('alerts', 'policy', 'preview', 'signal=collapse', 'severity=warning', 'model=toy');
  expect(own).toMatch(/team +on +no route takes it +model=toy signal=collapse/);
  expect(own).toMatch(/Silence .+ hushes it until .+: known/);
  const told = JSON.parse(await run('alerts', 'policy', 'preview', 'signal=mix-shift', 'severity=critical', '--json'));
  expect(told.targets).toMatchObject([{ receiver: 'on-call', reason: 'route', via: 'paging', disabledReason: null }]);
  expect(JSON.parse((await run('alerts', 'policy', 'show', '--json')).replace(/^Generation.*\n/, ''))).toMatchObject({ generation: 1, routes: [{ name: 'paging', receivers: [expect.stringMatching(/^[\da-f-]{36}$/)] }] });

  const refused = (file: string) => fails('alerts', 'policy', 'set', file);
  expect(await refused('policy.yaml')).toMatchObject([1, expect.stringContaining('the generation is now "1"')]);
  const write = (text: string): void => writeFileSync(join(folder, 'bad.yaml'), text);
  for (const [text, words] of [
    ['receivers: [nobody]', 'bad.yaml: receivers.0: there is no receiver "nobody"; signalbox receivers list shows them.'],
    ['receivers: []\nroutes: [{ name: a, matchers: [], receivers: [team, who] }]', 'bad.yaml: routes.0.receivers.1: there is no receiver "who"'],
    ['receivers: []\nwatchdogRepeatMs: 5', 'watchdogRepeatMs: give at least 1000 ms'],
    ['receivers: []\nroutes: [{ name: a, matchers: [{ label: x, is: like, value: y }], receivers: [] }]', 'routes.0.matchers.0.is: give is: equal or not-equal with a value'],
    ['receivers: []\nrecievers: []', 'recievers'],
    ['receivers: [', 'bad.yaml is no YAML'],
    ['- a', 'bad.yaml is no notification policy'],
    ['receivers: []\nroutes: [{ name: a, matchers: [], receivers: [] }, { name: a, matchers: [], receivers: [] }]', 'routes: the name a is there twice'],
  ] as const) {
    write(text);
    expect(await refused('bad.yaml'), text).toEqual([2, expect.stringContaining(words)]);
  }
  expect(await refused('missing.yaml')).toMatchObject([2, expect.stringContaining('missing.yaml cannot be read')]);
  for (const args of [['signal'], ['signal=a|b'], ['signal=a', 'signal=b']]) expect(await fails('alerts', 'policy', 'preview', ...args)).toMatchObject([2, expect.stringMatching(/Give matchers such as|one value of each label|there twice/)]);
  expect(await fails('silences', 'add', 'signal', '--for', '1h', '--comment', 'c')).toMatchObject([2, expect.stringContaining('Give matchers such as')]);
});
