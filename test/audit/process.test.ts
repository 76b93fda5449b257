import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpoint } from '#libs/governance/audit/checkpoint';
import { WitnessFile } from '#libs/platform/home/witness-file';
import { runCli } from '../../apps/cli/program.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

let home: string;
let signalbox: SignalboxProcess;

const signsEach = (seconds: number, port: number): SignalboxProcess => new SignalboxProcess(home, port, { SIGNALBOX_DEMO_MODEL: 'off', SIGNALBOX_AUDIT_CHECKPOINT_SECONDS: String(seconds) });

beforeAll(async () => {
  home = newTemporaryHome('signalbox-audit-');
});

afterAll(async () => {
  await signalbox?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

async function cli(...args: string[]): Promise<{ exitCode: number; out: string }> {
  const out: string[] = [];
  const plain = (text: string): string => text;
  const exitCode = await runCli(args, {
    env: { SIGNALBOX_URL: signalbox.url, SIGNALBOX_API_KEY: TEST_KEY }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal, workingDir: home, print: (text) => out.push(text), note: (text) => out.push(text),
  });
  return { exitCode, out: out.join('\n') };
}

const witnessed = (): number[] => new WitnessFile(join(home, 'state')).read().map((line) => readCheckpoint(line)?.treeSize ?? 0);

it('signs by the clock and at a clean stop, and proves it all after a kill', async () => {
  const port = await freePort();
  signalbox = signsEach(1, port);
  await signalbox.start();
  expect(await signalbox.json('/readyz')).toMatchObject({
    checks: { audit: { ok: true }, 'audit tables': { ok: true, detail: 'audit entries can only be inserted' } },
  });
  expect(statSync(join(home, 'state', 'keys', 'audit.key')).mode & 0o777).toBe(0o600);
  await until(() => witnessed().length > 0, 120_000, () => signalbox.log);
  expect(await signalbox.stop()).toBe(0);

  // By the clock not before a day is over, so that what is signed of the export is signed at the stop.
  signalbox = signsEach(86_400, port);
  await signalbox.start();
  expect(await cli('audit', 'export', '--out', 'first.ndjson')).toMatchObject({ exitCode: 0 });
  const before = witnessed().at(-1) ?? 0;
  expect(await signalbox.stop()).toBe(0);
  expect(witnessed().at(-1)).toBeGreaterThan(before);

  signalbox = signsEach(1, port);
  await signalbox.start();
  expect(await cli('audit', 'export', '--out', 'second.ndjson')).toMatchObject({ exitCode: 0 });
  await signalbox.kill();
  await signalbox.start();
  expect(await cli('audit', 'export', '--out', 'third.ndjson')).toMatchObject({ exitCode: 0 });
  const { keyId } = await signalbox.json<{ keyId: string }>('/api/v1/audit/key');
  const verified = await cli('audit', 'verify', 'third.ndjson', '--key', keyId, '--witness', 'state/audit-witness.ndjson', '--since', 'first.ndjson');
  expect(verified, verified.out).toMatchObject({ exitCode: 0 });
  expect(await signalbox.json('/readyz')).toMatchObject({ checks: { audit: { ok: true } } });
});
