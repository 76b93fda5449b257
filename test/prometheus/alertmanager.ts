import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from '../fixtures/installed-program.ts';
import { freePort } from '../harness/signalbox-process.ts';
import { until } from '../harness/until.ts';

/** An alert as Alertmanager shows and sends it. */
export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly fingerprint: string;
}

/** What Alertmanager tells its own receiver: one group. */
export interface Told {
  readonly status: 'firing' | 'resolved';
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly (HeldAlert & { readonly status: 'firing' | 'resolved' })[];
}

/** An Alertmanager of its own, without a cluster, that groups by the labels and tells a server of this test. */
export async function startAlertmanager(groupBy: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
  const told: Told[] = [];
  const listener = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push(JSON.parse(body) as Told);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const file = join(folder, 'alertmanager.yml');
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({
      route: { receiver: 'test', group_by: groupBy, group_wait: '1s', group_interval: '1s', repeat_interval: '1h' },
      receivers: [{ name: 'test', webhook_configs: [{ url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`, send_resolved: true }] }],
    }),
  );
  const url = `http://127.0.0.1:${await freePort()}`;
  const program = startProgram('prometheus-alertmanager', [`--config.file=${file}`, `--storage.path=${join(folder, 'data')}`, `--web.listen-address=${new URL(url).host}`, '--cluster.listen-address=']);
  await until(async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true, 120_000, program.log);
  return {
    url,
    /** All that its receiver was told, in order. */
    told,
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as HeldAlert[],
    log: program.log,
    async stop() {
      await program.stop();
      const closed = once(listener, 'close');
      listener.close();
      listener.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
