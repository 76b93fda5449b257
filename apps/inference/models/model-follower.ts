import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { signalboxVersion } from '#libs/platform/config/version';
import { type Logger } from '#libs/platform/logs/logger';
import { Repeat } from '#libs/platform/repeat/repeat';
import { ActivationListener } from '#libs/store/activation/activation-listener';
import { type InferenceProcess, ObservedActivations } from '#libs/store/activation/observed-activations';
import { DegradeFollower } from '../degrade/degrade-follower.ts';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { RulesInForce } from '../rules/rules-in-force.ts';
import { ObservedReporter } from './observed-reporter.ts';
import { ServedModels } from './served-models.ts';

/** How often the activations are looked at where nothing is heard: the net below the notifications. */
const POLL_MS = 1000;
/** How often this process says that it lives. */
const HEARTBEAT_MS = 1000;

/** Keeps the served models in step with the activations, and tells what this process serves. */
@Injectable()
export class ModelFollower implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #poll: Repeat;
  readonly #heartbeat: Repeat;
  readonly #listener: ActivationListener;
  readonly #reporter: ObservedReporter;
  readonly #logger: Logger;
  /** This process, as it is told. */
  readonly self: InferenceProcess;

  constructor(
    @Inject(ServedModels) private readonly models: ServedModels,
    @Inject(RulesInForce) private readonly rules: RulesInForce,
    @Inject(DegradeFollower) private readonly degrade: DegradeFollower,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(INFERENCE_OPTIONS) { logger, health }: InferenceOptions,
  ) {
    this.#logger = logger;
    const store = new ObservedActivations(dataSource);
    const startedAtMs = Date.now();
    this.self = { id: randomUUID(), host: hostname(), pid: process.pid, version: signalboxVersion(), startedAtMs };
    this.#reporter = new ObservedReporter(store, this.self, () => this.models.observed().map((one) => ({ ...one, quarantineGeneration: degrade.generation(one.model) })), Date.now);
    this.#poll = new Repeat(() => this.models.sync(), POLL_MS, (error) => logger.warn({ err: error }, 'cannot read the activations; what is loaded keeps serving'));
    this.#heartbeat = new Repeat(() => this.#reporter.report(), HEARTBEAT_MS, (error) => logger.warn({ err: error }, 'cannot tell the database what this process serves'));
    this.#listener = new ActivationListener({
      url: urlOf(dataSource),
      applicationName: 'signalbox activations',
      changed: () => void this.#follow(),
      lost: (error) => logger.warn({ err: error }, 'activations are only polled until the database can be listened to again'),
    });
    health.set('models', () => {
      const missing = this.models.missing();
      if (missing.length > 0) return { ok: false, detail: `not loaded: ${missing.join(', ')}; the log tells why` };
      const names = this.models.serving().map(({ model }) => model);
      // Without any model the API to import one must be reachable, so that is no failure.
      return { ok: true, detail: names.length > 0 ? `serving ${names.join(', ')}` : 'no model is active yet' };
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    // One look before the server listens, so that who sees it listen finds its models.
    await this.models.sync();
    await this.models.settled('stable');
    await this.#listener.start();
    await this.#reporter.report().catch((error: unknown) => this.#logger.warn({ err: error }, 'cannot tell the database what this process serves'));
    this.#poll.start();
    this.#heartbeat.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#listener.stop();
    await this.#poll.stop();
    await this.#heartbeat.stop();
    await this.#reporter.leave().catch((error: unknown) => this.#logger.warn({ err: error }, 'the database was not told that this process ends'));
  }

  /** What goes wrong here shows at the next poll. */
  async #follow(): Promise<void> {
    // New data rules are told on the same channel.
    void this.rules.sync().catch(() => undefined);
    // So are quarantines; whoever ordered one waits to hear that it holds.
    void this.degrade.follow().then(() => this.#reporter.report()).catch(() => undefined);
    await this.models.sync().catch(() => undefined);
    await this.#reporter.report().catch(() => undefined);
    await this.models.settled('all');
    await this.#reporter.report().catch(() => undefined);
  }
}

function urlOf({ options }: DataSource): string {
  if (options.type !== 'postgres' || options.url === undefined) throw new Error('the data source has no connection string to listen with');
  return options.url;
}
