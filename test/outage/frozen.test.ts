import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { postgresPid } from '../accounting/processes.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { expectRecorded, OUTAGE_MS, OutageClient } from './outage-client.ts';

let home = '';
let signalbox: SignalboxProcess | null = null;

beforeEach(() => {
  home = newTemporaryHome('signalbox-frozen-');
});
afterEach(async () => {
  await signalbox?.stop();
  rmSync(home, { recursive: true, force: true });
});

// It waits for the better part of a minute, so it runs beside other files.
it('serves on while PostgreSQL is frozen, and ends a question to it in bounded time', async () => {
  signalbox = new SignalboxProcess(home, await freePort());
  await signalbox.start();
  const client = new OutageClient(signalbox);
  const ids = await client.serve(5, 0);
  await expectRecorded(client, ids);
  const postmaster = postgresPid(home);
  const frozen = [postmaster];
  try {
    // First itself, so that it starts no other process that would go on.
    process.kill(postmaster, 'SIGSTOP');
    frozen.push(...readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    const question = fetch(`${signalbox.url}/api/v1/traces`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
    ids.push(...(await client.serve(20, OUTAGE_MS)));
    expect((await client.health()).checks['database']).toMatchObject({ ok: false });
    expect((await question).status).toBe(503);
  } finally {
    for (const pid of frozen.toReversed()) process.kill(pid, 'SIGCONT');
  }
  await expectRecorded(client, ids);
});
