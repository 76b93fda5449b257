import { join } from 'node:path';
import { type Target } from './completion-load.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const READY_TIMEOUT_MS = 120_000;

/** The repository's root, seen from the compiled benchmark. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');
export const DEMO_MODEL = join(ROOT, 'models', 'tiny-mixtral');
/** Vocabulary of the demo model: prompts are drawn from it. */
export const DEMO_VOCAB_SIZE = 4096;

export interface SignalboxUnderTest {
  readonly target: Target;
  readonly url: string;
  readonly key: string;
  readonly process: ServerProcess;
}

/** Starts the whole product on a fresh home, as `npm start` does, and waits until it is ready. */
export async function startSignalbox(
  name: string,
  port: number,
  home: string,
  settings: Readonly<Record<string, string>>,
): Promise<SignalboxUnderTest> {
  const key = `bench-${'k'.repeat(32)}`;
  const server = await startServer({
    command: process.execPath,
    args: [join(ROOT, 'dist', 'apps', 'standalone', 'main.js')],
    env: {
      SIGNALBOX_HOME: join(home, name),
      SIGNALBOX_PORT: String(port),
      SIGNALBOX_ADMIN_KEY: key,
      SIGNALBOX_LOG_LEVEL: 'warn',
      SIGNALBOX_DEMO_MODEL: DEMO_MODEL,
      ...settings,
    },
    readyUrl: `http://127.0.0.1:${port}/readyz`,
    logFile: join(home, `${name}.log`),
    readyTimeoutMs: READY_TIMEOUT_MS,
  });
  return {
    target: { name, port, model: 'tiny-mixtral', key, extra: { ignore_eos: true } },
    url: `http://127.0.0.1:${port}`,
    key,
    process: server,
  };
}
