import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../apps/cli/program.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { GovernedHouse, sha } from './governed-house.ts';

const plain = (text: string): string => text;
const HOUR_MS = 3_600_000;

let postgres: TestPostgres;
let house: GovernedHouse;
let folder: string;
const keys: Record<string, string> = {};

beforeAll(async () => {
  postgres = await startPostgres();
  house = new GovernedHouse();
  await house.start(await postgres.createDatabase());
  folder = newTemporaryHome('changes-cli-');
  for (const [name, roles] of [['rita', ['releaser']], ['anna', ['approver']], ['oskar', ['operator']], ['root', ['admin']]] as const) keys[name] = (await house.person(name, roles)).key;
});

afterAll(async () => {
  await house?.stop();
  await postgres?.stop();
});

/** What a command of a person printed; its exit code must be the given one. */
async function as(who: string, command: readonly string[], exitCode = 0): Promise<string> {
  const out: string[] = [];
  const code = await runCli(command, {
    env: { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: keys[who] },
    columns: 120, rows: 40, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain }, signal: new AbortController().signal, workingDir: folder,
    print: (text) => out.push(text),
    note: (text) => out.push(text),
  });
  expect(code, out.join('\n')).toBe(exitCode);
  return out.join('\n');
}

const idOf = (text: string): string => /^id +(\S+)$/m.exec(text)?.[1] ?? '';
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

it('leads a change from a draft to its review, and says at each step what to do next', async () => {
  const stable = await house.release('toy');
  const next = await house.release('toy', [sha('2'), sha('4'), sha('8')]);
  const drafted = await as('rita', ['change', 'create', 'activate', '--release', next, '--title', 'Newer', '--reason', 'It is better.']);
  const id = idOf(drafted);
  expect(drafted).toContain(`signalbox change evidence add ${id} evaluation FILE`);
  expect(await as('rita', ['change', 'submit', id], 1)).toContain('Attach an evaluation of the release.');
  await as('rita', ['change', 'evidence', 'add', id, 'evaluation', file('run.json', '{"score":1}')]);
  expect(await as('rita', ['change', 'edit', id, '--title', 'Newer and better'])).toContain(`signalbox change submit ${id}`);
  expect(await as('rita', ['change', 'submit', id])).toContain(`someone else: signalbox change approve ${id}`);
  expect(await as('anna', ['change', 'comment', id, 'Which prompts?'])).toContain('anna: Which prompts?');
  expect(await as('rita', ['change', 'approve', id], 4)).toContain('approve');
  expect(await as('anna', ['change', 'approve', id])).toContain(`signalbox change apply ${id}`);

  const at = new Date(Date.now() + HOUR_MS).toISOString();
  expect(await as('oskar', ['change', 'schedule', id, at])).toContain('it is applied by itself');
  expect(await as('oskar', ['change', 'unschedule', id])).toContain('approved');
  const [from, to] = [new Date(Date.now() - HOUR_MS).toISOString(), new Date(Date.now() + HOUR_MS).toISOString()];
  const freeze = /Freeze window (\S+):/.exec(await as('root', ['freeze', 'create', 'night', '--from', from, '--to', to, '--reason', 'nobody is here']))![1]!;
  expect(await as('rita', ['freeze', 'list'])).toContain('night');
  expect(await as('oskar', ['change', 'apply', id], 1)).toContain('Freeze window "night" holds until');
  expect(await as('oskar', ['change', 'break-glass', id, '--reason', 'The old one leaks addresses.', '--hours', '2'])).toContain(`someone else: signalbox change review ${id} confirmed`);
  expect(await as('anna', ['change', 'reviews-owed'])).toMatch(new RegExp(`${id} +review`));
  expect(await as('anna', ['change', 'show', id])).toMatch(/approve by anna, counted[\s\S]*Broken glass:\n +by oskar at .*: The old one leaks addresses\.\n +owes a review by/);
  expect(await as('root', ['change', 'review', id, 'confirmed', '--note', 'It was right.'])).toContain('signalbox change dossier');
  expect(await as('anna', ['change', 'reviews-owed'])).toBe('Nothing is owed.');
  await as('root', ['freeze', 'delete', freeze]);
  expect(await as('root', ['freeze', 'list'])).toContain('No freeze window');
  expect((await house.ok('getActivation', keys['root']!, 'GET', '/models/toy/activation')).releaseId).toBe(next);

  const back = file('back.json', JSON.stringify({ title: 'Back', reason: 'Worse.', change: { type: 'activate', model: 'toy', releaseId: stable } }));
  const second = idOf(await as('rita', ['change', 'create', '--file', back]));
  await as('rita', ['change', 'evidence', 'add', second, 'evaluation', '--url', 'https://example.com/run/7', '--sha256', sha('e')]);
  await as('rita', ['change', 'submit', second]);
  expect(await as('anna', ['change', 'reject', second, '--comment', 'not now'])).toContain('rejected');
  expect(await as('anna', ['change', 'list', '--state', 'rejected'])).toContain(second);
  expect(JSON.parse(await as('anna', ['change', 'list', '--json']))).toHaveLength(2);
  expect(await as('anna', ['change', 'show', '0197280f-6000-7000-8000-000000000001'], 5)).toContain('signalbox change list');
});

it('shows and puts the policy and the mode, and refuses a policy at its line and column', async () => {
  await house.release('bound');
  const policy = await as('root', ['change', 'policy', 'show']);
  expect(policy).toContain('@id("one-approval")');
  file('wrong.cedar', '@id("a") permit (principal, action, resource);\n@id("b") forbid (principal, action, resource) when { context.frosen };');
  expect(await as('root', ['change', 'policy', 'put', 'wrong.cedar', '--reason', 'a trial'], 2)).toMatch(/line 2, column \d+.*frosen/);
  file('right.cedar', '@id("a") permit (principal, action, resource);');
  expect(await as('root', ['change', 'policy', 'put', 'right.cedar', '--reason', 'a trial', '--review-hours', '24'])).toContain('Version 1');
  expect(JSON.parse((await as('root', ['change', 'policy', 'show', '--json'])).replace(/^Version.*\n/, ''))).toMatchObject({ version: 1, limits: { reviewHours: 24, approvalHours: 168 } });
  expect(await as('root', ['change', 'mode', 'bound'])).toContain('may be changed directly');
  expect(await as('root', ['change', 'mode', 'bound', 'required', '--reason', 'it serves customers'])).toContain('changes only by approved requests');
  expect(await as('root', ['change', 'mode', 'bound', 'open', '--reason', 'easier'], 1)).toContain('set-governance');
});
