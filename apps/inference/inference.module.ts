import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Config } from '#libs/platform/config/config';
import { meter } from '#libs/platform/telemetry/metrics';
import { type AdmissionSettings, DEFAULT_ADMISSION } from '#libs/runtime/engine/admission-settings';
import { WorkerEngine } from '#libs/runtime/engine/engine-client';
import { type Engine } from '#libs/runtime/engine/engine';
import { Activations } from '#libs/store/activation/activations';
import { Accounts } from '#libs/store/accounts/accounts';
import { limitCounts } from '#libs/store/accounts/limit-counts';
import { Sessions } from '#libs/store/accounts/sessions';
import { AnswerChecks } from '#libs/store/answers/answer-checks';
import { CaptureLedger } from '#libs/store/capture/ledger';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { RuleRefusals } from '#libs/store/data-rules/rule-refusals';
import { RuleSets } from '#libs/store/data-rules/rule-sets';
import { Releases } from '#libs/store/releases/releases';
import { ShadowComparisons } from '#libs/store/rollouts/shadow-comparisons';
import { Answering } from './answer/answering.ts';
import { ANSWER_CHECKS, AnswerCheckFlush } from './structured/answer-check-flush.ts';
import { AnswerSchemas } from './structured/answer-schemas.ts';
import { AnswerTally } from './structured/answer-tally.ts';
import { SliceProbe } from './assign/slice-probe.ts';
import { callerAuthenticator } from './api/caller-authenticator.ts';
import { INFERENCE_LIMITS } from './api/http-limits.ts';
import { keyAuthenticator } from './api/key-authenticator.ts';
import { requestLimit } from './api/request-limit.ts';
import { tokenLimit } from './api/token-budget.ts';
import { type V1Ports } from './api/v1.ts';
import { V1_PORTS, V1Registration } from './api/v1-registration.ts';
import { capturePolicy } from './capture/capture-policy.ts';
import { RequestCapture, type CaptureSettings } from './capture/request-capture.ts';
import { openTraceTransport, TRACE_TRANSPORT, type TraceTransport } from './capture/trace-transport.ts';
import { degradeProviders } from './degrade/degrade-parts.ts';
import { DegradedCounts } from './degrade/degraded-counts.ts';
import { quarantinedLoading, QuarantinesInForce } from './degrade/quarantines-in-force.ts';
import { RequestPaths } from './degrade/request-paths.ts';
import { RequestFigures } from './figures/request-figures.ts';
import { ServingFigures } from './figures/serving-figures.ts';
import { engineHealth } from './experts/engine-health.ts';
import { INFERENCE_OPTIONS, type InferenceOptions } from './inference-options.ts';
import { startVerifiedLoading } from './integrity/start-verified-loading.ts';
import { VerifiedLoading } from './integrity/verified-loading.ts';
import { RULE_REFUSALS, RefusalFlush } from './rules/refusal-flush.ts';
import { RequestRules } from './rules/request-rules.ts';
import { RuleFollower } from './rules/rule-follower.ts';
import { RULE_DIRECTORY, type RuleDirectory, RulesInForce } from './rules/rules-in-force.ts';
import { Serving } from './serving.ts';
import { ShadowRuns } from './shadow/shadow-runs.ts';
import { ModelFollower } from './models/model-follower.ts';
import { ENGINE } from './models/served-release.ts';
import { ServedModels } from './models/served-models.ts';
import { modelChangeTeller } from './models/tell-change.ts';
import { StoredReleases } from './models/stored-releases.ts';

/** Serves /v1 on the Fastify server of the Nest app that imports it. */
@Module({})
export class InferenceModule {
  static forRoot(options: InferenceOptions): DynamicModule {
    const { config, logger } = options;
    const tellError = (requestId: string, error: unknown): void => logger.error({ requestId, err: error }, 'a request failed inside the server');
    const tellCountsAway = (error: unknown): void => logger.warn({ err: error }, 'the common rate limits are out of reach: this process counts for itself');
    return {
      module: InferenceModule,
      providers: [
        { provide: INFERENCE_OPTIONS, useValue: options },
        { provide: ENGINE, useFactory: () => startEngine(options) },
        { provide: VerifiedLoading, inject: [ENGINE, DataSource], useFactory: (engine: WorkerEngine, dataSource: DataSource) => startVerifiedLoading(engine, dataSource, options) },
        {
          provide: TRACE_TRANSPORT,
          inject: [CaptureLedger],
          useFactory: (ledger: CaptureLedger) => openTraceTransport(config, options.producer, ledger),
        },
        {
          provide: ServedModels,
          inject: [VerifiedLoading, Releases, DataSource, QuarantinesInForce],
          useFactory: (loading: VerifiedLoading, releases: Releases, dataSource: DataSource, quarantines: QuarantinesInForce) => {
            const activations = new Activations(dataSource);
            const store = { activations: () => activations.list(), find: (releaseId: string) => releases.find(releaseId) };
            const directory = new StoredReleases(store, (sha256) => componentPath(config, sha256));
            return new ServedModels(quarantinedLoading(loading, quarantines), directory, (release) => loading.tokenizer(release), modelChangeTeller(logger), Date.now);
          },
        },
        {
          provide: ShadowRuns,
          inject: [ENGINE, ServedModels, RequestRules, DataSource],
          useFactory: (engine: Engine, models: ServedModels, rules: RequestRules, dataSource: DataSource) => new ShadowRuns(engine, models, rules, new ShadowComparisons(dataSource), meter(), tellError),
        },
        {
          provide: Answering,
          inject: [ENGINE, TRACE_TRANSPORT, ShadowRuns, DegradedCounts, AnswerTally],
          useFactory: (engine: Engine, transport: TraceTransport, shadows: ShadowRuns, counts: DegradedCounts, tally: AnswerTally) => {
            const settings: CaptureSettings = {
              policy: capturePolicy(config.capture),
              nowMs: Date.now,
              tellEnded: (record) => logger.debug(record, 'a generation ended'),
              countWay: (admitted, outcome) => counts.count(admitted, outcome),
              tellError,
            };
            const capture = new RequestCapture(transport.log, new RequestFigures(meter()), settings);
            return new Answering(engine, capture, config.engine.maxSequences, tellError, (answer) => shadows.offer(answer), (answers) => tally.count(answers));
          },
        },
        {
          provide: V1_PORTS,
          inject: [ApiKeys, Accounts, ServedModels, RequestRules, Answering, ENGINE, DataSource, RequestPaths],
          useFactory: (keys: ApiKeys, accounts: Accounts, models: ServedModels, rules: RequestRules, answering: Answering, engine: WorkerEngine, dataSource: DataSource, paths: RequestPaths): Omit<V1Ports, 'stopping'> => ({
            authenticate: callerAuthenticator(keyAuthenticator(keys, Date.now), new Sessions(dataSource, accounts, keys), config.access.publicUrl, Date.now),
            limit: requestLimit({ perAccount: config.access.inferenceRequestsPerMinute, run: limitCounts(dataSource), tellAway: tellCountsAway }),
            tokens: tokenLimit({ tokensPerMinute: config.admission.tokensPerMinute, run: limitCounts(dataSource), tellAway: tellCountsAway }),
            desk: { refusal: (ask) => engine.refusal(ask), keepsDeadlines: config.admission.order === 'fair' },
            models,
            rules,
            answering,
            paths,
            schemas: new AnswerSchemas(),
            probe: new SliceProbe(engine, meter()),
            limits: { ...INFERENCE_LIMITS, maxLogprobs: config.engine.maxLogprobs },
            nowMs: Date.now,
            random: randomBytes,
            tellError,
          }),
        },
        ...degradeProviders,
        { provide: AnswerTally, useFactory: () => new AnswerTally(meter()) },
        { provide: ANSWER_CHECKS, inject: [DataSource], useFactory: (dataSource: DataSource) => new AnswerChecks(dataSource) },
        AnswerCheckFlush,
        V1Registration,
        ModelFollower,
        { provide: RULE_DIRECTORY, useExisting: RuleSets },
        {
          provide: RulesInForce,
          inject: [RULE_DIRECTORY],
          useFactory: (directory: RuleDirectory) =>
            new RulesInForce(directory, (model, digest, error) => logger.error({ model, digest, err: error }, 'a data rule set cannot be read; the one before it stays in force, or the model answers nothing')),
        },
        { provide: RequestRules, inject: [RulesInForce], useFactory: (rules: RulesInForce) => new RequestRules(rules) },
        { provide: RULE_REFUSALS, inject: [DataSource], useFactory: (dataSource: DataSource) => new RuleRefusals(dataSource) },
        RefusalFlush,
        RuleFollower,
        ServingFigures,
        Serving,
      ],
      exports: [ENGINE, ServedModels],
    };
  }
}

function admissionSettingsOf({ admission }: Config): AdmissionSettings {
  const { order, queueTargetMs, tenantWeights, tenantQueueShare, repetition } = admission;
  return { order, weights: tenantWeights, queueTargetMs, tenantQueueShare, repetition: { ...DEFAULT_ADMISSION.repetition, action: repetition } };
}

function startEngine({ config, logger }: InferenceOptions): Engine {
  const { maxSequences, maxQueued, prefillChunkTokens, threads, cacheMaxBytes, prefixCacheBytes, plan } = config.engine;
  return new WorkerEngine({
    limits: { maxSequences, maxQueued, prefillChunkTokens, threads, admission: admissionSettingsOf(config) },
    maxCacheBytes: cacheMaxBytes,
    prefixCacheBytes,
    plan,
    ...(config.experts.memoryBytes === null ? {} : { expertBytes: config.experts.memoryBytes }),
    ...engineHealth(config, logger),
    onFailure: (error, willRestart) => logger.error({ err: error, willRestart }, 'the engine thread died'),
  });
}

/** As libs/checkpoint lays components out. */
function componentPath(config: Config, sha256: string): string {
  return join(config.home, 'components', sha256.slice(0, 2), sha256);
}
