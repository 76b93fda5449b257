import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { ConfigError, loadConfig, type Config } from '#libs/platform/config/config';
import { signalboxVersion } from '#libs/platform/config/version';
import { Health } from '#libs/platform/health/health';
import { HomeInUseError, lockHome, prepareHome } from '#libs/platform/home/home';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { createLogger, type Logger } from '#libs/platform/logs/logger';
import { onStopSignals, Shutdown } from '#libs/platform/shutdown/shutdown';
import { renderMetrics } from '#libs/platform/telemetry/metrics';
import { startTracing } from '#libs/platform/telemetry/tracing';
import { connectCaptureQueue } from '#libs/queue/connect';
import { Accounts } from '#libs/store/accounts/accounts';
import { actingAs, describeProtection } from '#libs/store/audit/audit-roles';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { Releases } from '#libs/store/releases/releases';
import { type CheckpointImporter } from '../control/imports/import-ports.ts';
import { storedImporter } from '../control/imports/stored-importer.ts';
import { ensureFirstKey } from '../control/keys/first-key.ts';
import { migrateDatabase, openDatabase } from './database.ts';
import { ensureDemoModel } from './demo-model.ts';
import { startHttp } from './http.ts';
import { ChildMetrics } from './child-metrics.ts';
import { ChildKeeper } from './child-keeper.ts';
import { RunWatcher } from './run-watcher.ts';
import { banner } from './terminal/banner.ts';
import { Progress } from './terminal/progress.ts';

/** All steps of a stop together; orchestrators kill after 30 s. */
const STOP_BUDGET_MS = 29_000;
/** A child has 2 s for what it is writing. */
const CHILD_STOP_MS = 3_500;

/** `npm start`: every role of Signalbox, shown step by step, until a signal ends it. */
export async function runStandalone(): Promise<void> {
  const progress = new Progress(process.stdout);
  let config: Config;
  try {
    config = loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  // People read standard output, log readers standard error.
  const logger = createLogger({ level: config.log.level, role: 'standalone', readable: process.stderr.isTTY, destination: process.stderr });
  const shutdown = new Shutdown({
    budgetMs: STOP_BUDGET_MS,
    onStep: ({ name, result, error }) => (result === 'done' ? logger.info(`${name} stopped`) : logger.error({ err: error }, `${name}: ${result}`)),
  });
  const end = async (code: number): Promise<void> => {
    await shutdown.run();
    logger.flush();
    process.exit(code);
  };
  onStopSignals(
    () => {
      progress.line('Stopping; running requests end first. Once more: stop now.');
      void end(0);
    },
    () => process.exit(130),
  );
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'unexpected failure');
    void end(1);
  });
  try {
    await start(config, progress, logger, shutdown);
  } catch (error) {
    if (shutdown.isStopping) return;
    if (error instanceof HomeInUseError) progress.line(error.message);
    else logger.fatal({ err: error }, 'Signalbox did not start');
    await end(1);
  }
}

async function start(config: Config, progress: Progress, logger: Logger, shutdown: Shutdown): Promise<void> {
  const now = Date.now;
  const version = signalboxVersion();
  progress.line(`Signalbox ${version}; all state in ${config.home}`);
  for (const warning of config.warnings) logger.warn(warning);
  prepareHome(config.home);
  const lock = lockHome(config.home);
  shutdown.defer('home', 1000, async () => lock.release());
  const tracing = await startTracing(process.env, 'signalbox');
  shutdown.defer('telemetry', 2000, () => tracing.shutdown());
  const traceKey = loadTraceKey(config.home, config.capture.traceKey);

  const database = await progress.step(
    'PostgreSQL',
    () => openDatabase(config.home, config.database.url, (message) => logger.warn(message)),
    ({ description }) => description,
  );
  if (database.stop !== null) shutdown.defer('PostgreSQL', 8000, database.stop);
  const { dataSource, protection } = await progress.step('schema', () => migrateDatabase(database.url), ({ migrations }) => (migrations.length === 0 ? 'up to date' : `${migrations.length} migrations`));
  if (protection.kind === 'triggers-only') logger.warn(describeProtection(protection));
  const queue = connectCaptureQueue({ databaseUrl: database.url, redisUrl: config.queue.redisUrl });
  await queue.prepare();

  const releases = new Releases(dataSource);
  const firstKey = await ensureFirstKey({ keys: new ApiKeys(dataSource), accounts: new Accounts(dataSource) }, config.auth.adminKey, now());
  const importer = storedImporter(dataSource, { components: await ComponentStore.open(join(config.home, 'components')), home: config.home, now });
  const existing = (await releases.activations()).map(({ model }) => model);
  const models = await importDemoModel(config, existing, importer, progress);
  await dataSource.destroy();

  const producer = queue.producer();
  shutdown.defer('queue', 1500, () => producer.close());
  const health = new Health();
  health.set('audit tables', () => ({ ok: true, detail: describeProtection(protection) }), { isRequired: false });
  const heapMib = Math.floor(config.evaluation.heapBytes / 2 ** 20);
  const evaluation = newChild({ name: 'evaluation', meanwhile: 'runs go on where they were', mayEnd: true, execArgv: [`--max-old-space-size=${heapMib}`] }, database.url, logger);
  const children = [...CHILDREN.map((child) => newChild(child, database.url, logger)), evaluation];
  for (const { keeper, mayEnd } of children) if (mayEnd !== true) keeper.start();
  const metrics = async (): Promise<string> => {
    let text = await renderMetrics();
    for (const child of children) text = await child.metrics.after(text);
    return text;
  };
  for (const { name, keeper, meanwhile, mayEnd } of children) {
    shutdown.defer(name, CHILD_STOP_MS, (graceMs) => keeper.stop(Math.max(0, graceMs - 500)));
    health.set(
      name,
      () => {
        if (keeper.isRunning) return { ok: true, detail: 'running' };
        if (mayEnd === true && !keeper.isRestarting) return { ok: true, detail: 'nothing to do' };
        return { ok: false, detail: `being started again; ${meanwhile}` };
      },
      { isRequired: false },
    );
  }
  const server = await progress.step(
    'server',
    () => startHttp({ config, version, databaseUrl: actingAs(database.url, protection), traceKey, producer, health, logger, shutdown, metrics, now }),
    ({ url }) => url,
  );
  const claims = new RunClaims(server.dataSource);
  const watcher = new RunWatcher({
    hasRuns: async () => {
      const { queued, running } = await claims.open();
      return queued + running > 0;
    },
    start: () => evaluation.keeper.ensure(),
  });
  watcher.start();
  shutdown.defer('watch for evaluation runs', 100, async () => watcher.stop());
  progress.line(banner({ url: server.url, newKey: firstKey.generated, models, readySeconds: process.uptime() }));
}

interface Child {
  /** Role, and folder of its main module. */
  readonly name: string;
  /** What becomes of its work while it is away. */
  readonly meanwhile: string;
  /** Whether it ends by itself when there is nothing to do, and is started when there is. */
  readonly mayEnd?: boolean;
  /** Further arguments for Node. */
  readonly execArgv?: readonly string[];
}

const CHILDREN: readonly Child[] = [
  { name: 'pipeline', meanwhile: 'traces wait in the spool' },
  { name: 'watch', meanwhile: 'detectors go on where they were' },
];

/** Not started yet. */
function newChild(child: Child, databaseUrl: string, logger: Logger): Child & { readonly keeper: ChildKeeper; readonly metrics: ChildMetrics } {
  const { name, mayEnd = false, execArgv = [] } = child;
  const metrics = new ChildMetrics({ send: (message) => keeper.send(message) }, { process: name });
  const keeper = new ChildKeeper({
    script: fileURLToPath(new URL(`../${name}/main${extname(import.meta.url)}`, import.meta.url)),
    execArgv: [...process.execArgv, ...execArgv],
    // Its metrics are shown with ours, so it needs no port.
    env: { ...process.env, DATABASE_URL: databaseUrl, SIGNALBOX_PIPELINE_PORT: '', SIGNALBOX_WATCH_PORT: '', SIGNALBOX_EVALUATION_PORT: '' },
    mayEnd,
    onMessage: (message) => metrics.receive(message),
    onDeath: (reason, delayMs) => logger.error({ reason, delayMs }, `the ${name} process ended and is being started again`),
  });
  return { ...child, keeper, metrics };
}

async function importDemoModel(config: Config, existing: readonly string[], importer: CheckpointImporter, progress: Progress): Promise<readonly string[]> {
  const request = { modelDir: config.demo.modelDir, models: existing, importer };
  const bar = progress.bar('importing the demo model');
  try {
    const { decision, models } = await ensureDemoModel({ ...request, onProgress: (done, total) => bar.update(done, total) });
    if (decision === 'folder-missing') progress.line(`There is no demo model in ${config.demo.modelDir}; import one of your own.`);
    return models;
  } finally {
    bar.stop();
  }
}
