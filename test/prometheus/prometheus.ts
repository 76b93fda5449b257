import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from '../fixtures/installed-program.ts';
import { freePort } from '../harness/signalbox-process.ts';
import { until } from '../harness/until.ts';

export interface Target {
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** How often it scrapes, and how long a scrape may take: a busy machine answers late. */
const SCRAPE = '3s';

/** A Prometheus on a port of its own that scrapes the hosts into a temporary folder. */
export async function startPrometheus(targets: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const file = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ global: { scrape_interval: SCRAPE, scrape_timeout: SCRAPE }, scrape_configs: [{ job_name: 'signalbox', static_configs: [{ targets }] }] }));
  const address = `127.0.0.1:${await freePort()}`;
  const program = startProgram('prometheus', [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${address}`]);
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://${address}${path}`);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { data: T }).data;
  };
  await until(async () => (await fetch(`http://${address}/-/ready`).catch(() => null))?.ok === true, 120_000, program.log);
  return {
    targets: async () => (await get<{ activeTargets: Target[] }>('/api/v1/targets')).activeTargets,
    query: async (expression: string) => (await get<{ result: Sample[] }>(`/api/v1/query?query=${encodeURIComponent(expression)}`)).result,
    /** What it warned of or could not do. */
    complaints: () => program.log().split('\n').filter((line) => /level=(warn|error)/.test(line)),
    log: program.log,
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
