import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dossierSchema } from '#libs/contract/management/changes';
import { runCli } from '../../apps/cli/program.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { GovernedHouse, sha } from '../governance/governed-house.ts';

let postgres: TestPostgres;
let house: GovernedHouse;
let folder: string;

beforeAll(async () => {
  postgres = await startPostgres();
  house = new GovernedHouse();
  await house.start(await postgres.createDatabase());
  folder = mkdtempSync(join(tmpdir(), 'signalbox-dossiers-'));
});

afterAll(async () => {
  await house?.stop();
  await postgres?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => readFileSync(join(folder, 'dossiers', name), 'utf8');

it('gives the whole change population: a dossier for each request, and the acts that went past them', async () => {
  const [author, approver, operator, auditor] = await Promise.all(
    ([['author', 'releaser'], ['approver', 'approver'], ['operator', 'operator'], ['auditor', 'auditor']] as const).map(([name, role]) => house.person(name, [role])),
  );
  const [stable, next] = [await house.release('toy'), await house.release('toy', [sha('2'), sha('4'), sha('8')])];
  const change = { title: 'A better expert', reason: 'It is better.', change: { type: 'activate', model: 'toy', releaseId: next } };
  const { id } = await house.ok('createChange', author!.key, 'POST', '/changes', change);
  const evidence = { kind: 'evaluation', title: 'Evaluation', content: '{}', mediaType: 'application/json' };
  await house.ok('addEvidence', author!.key, 'POST', `/changes/${id}/evidence`, evidence);
  const { digest } = await house.ok('submitChange', author!.key, 'POST', `/changes/${id}/submit`, {});
  await house.ok('approveChange', approver!.key, 'POST', `/changes/${id}/approve`, { digest });
  await house.ok('applyChange', operator!.key, 'POST', `/changes/${id}/apply`, {});
  const open = await house.ok('createChange', author!.key, 'POST', '/changes', { ...change, title: 'Back', change: { ...change.change, releaseId: stable } });
  await house.ok('rollbackActivation', operator!.key, 'POST', '/models/toy/rollback', { reason: 'by hand' });

  const out: string[] = [];
  const plain = (text: string): string => text;
  const cli = (...args: string[]): Promise<number> =>
    runCli(args, {
      env: { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: auditor!.key }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
      signal: new AbortController().signal, workingDir: folder, print: (text) => out.push(text), note: (text) => out.push(text),
    });
  expect(await cli('audit', 'export', '--out', 'audit.ndjson', '--with-dossiers', 'dossiers'), out.join('\n')).toBe(0);
  expect(await cli('audit', 'verify', 'audit.ndjson'), out.join('\n')).toBe(0);

  const index = JSON.parse(file('index.json')) as { changes: { id: string; state: string; file: string }[] };
  expect(index.changes.map((one) => [one.id, one.state])).toEqual([[open.id, 'draft'], [id, 'applied']]);
  const dossier = dossierSchema.parse(JSON.parse(file(`change-${id}.json`)));
  const log = readFileSync(join(folder, 'audit.ndjson'), 'utf8');
  expect(dossier.audit.map(({ action }) => action)).toContain('change.applied');
  for (const { hash } of dossier.audit) expect(log).toContain(`"hash":"${hash}"`);
  const bypasses = file('bypasses.ndjson').trimEnd().split('\n').map((line) => JSON.parse(line) as { action: string; reason: string; actor: string });
  expect(bypasses).toContainEqual(expect.objectContaining({ action: 'activation.rollback', reason: 'by hand', actor: operator!.id }));
  expect(bypasses.filter(({ action }) => action === 'activation.activate')).toEqual([]);
});
