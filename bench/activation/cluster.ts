import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '../harness/server-process.ts';

const READY_TIMEOUT_MS = 120_000;

export interface ClusterSettings {
  /** Folder of the repository, where dist/ is. */
  readonly root: string;
  /** The node program. */
  readonly node: string;
  /** Shared by all processes. */
  readonly home: string;
  readonly databaseUrl: string;
  readonly key: string;
  readonly controlPort: number;
  readonly inferencePorts: readonly number[];
  /** Null: no pipeline. */
  readonly pipelinePort: number | null;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Cluster {
  readonly controlUrl: string;
  readonly inferenceUrls: readonly string[];
  stop(): Promise<void>;
}

/** Starts a role for each process, as production does, over one database and one home. */
export async function startCluster(settings: ClusterSettings): Promise<Cluster> {
  const { root, node, home, databaseUrl, key, controlPort, inferencePorts, pipelinePort, environment } = settings;
  mkdirSync(home, { recursive: true });
  const processes: ServerProcess[] = [];
  const start = async (role: string, port: number, own: Readonly<Record<string, string>>): Promise<string> => {
    const url = `http://127.0.0.1:${port}`;
    const started = await startServer({
      command: node,
      args: [join(root, 'dist', 'apps', role, 'main.js')],
      env: { SIGNALBOX_HOME: join(home, 'state'), SIGNALBOX_LOG_LEVEL: 'info', DATABASE_URL: databaseUrl, SIGNALBOX_ADMIN_KEY: key, SIGNALBOX_PORT: String(port), ...environment, ...own },
      readyUrl: `${url}/readyz`,
      logFile: join(home, `${role}-${port}.log`),
      readyTimeoutMs: READY_TIMEOUT_MS,
    });
    processes.push(started);
    return url;
  };
  const stop = async (): Promise<void> => {
    // In the order of their starts turned round: what serves goes before what it depends on.
    for (const process of processes.splice(0).toReversed()) await process.stop();
  };
  try {
    // Control migrates the database, so it comes first.
    const controlUrl = await start('control', controlPort, {});
    if (pipelinePort !== null) await start('pipeline', pipelinePort, { SIGNALBOX_PIPELINE_PORT: String(pipelinePort) });
    const inferenceUrls: string[] = [];
    for (const port of inferencePorts) inferenceUrls.push(await start('inference', port, {}));
    return { controlUrl, inferenceUrls, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
