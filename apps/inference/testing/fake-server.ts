import { randomBytes } from 'node:crypto';
import { createNoopMeter } from '@opentelemetry/api';
import Fastify, { type FastifyInstance } from 'fastify';
import { type RequestRecord } from '#libs/contract/capture/request-record';
import { type Authentication } from '#libs/platform/auth/authenticate';
import { type TokenLimiter } from '#libs/platform/limits/token-limiter';
import { type RoutingTrace } from '#libs/trace/trace';
import { type AdmissionLimits } from '../admit/admitted.ts';
import { Answering } from '../answer/answering.ts';
import { FASTIFY_LIMITS, INFERENCE_LIMITS, type InferenceLimits } from '../api/http-limits.ts';
import { type Authenticator, type CallerHead } from '../api/caller-authenticator.ts';
import { type Desk } from '../api/early-refusal.ts';
import { registerV1 } from '../api/v1.ts';
import { type CaptureLog } from '../capture/capture-log.ts';
import { RequestCapture } from '../capture/request-capture.ts';
import { RequestFigures } from '../figures/request-figures.ts';
import { RequestRules } from '../rules/request-rules.ts';
import { type RulesOfModel } from '../rules/rules-in-force.ts';
import { type AnsweredRequest } from '../shadow/shadow-runs.ts';
import { AnswerSchemas } from '../structured/answer-schemas.ts';
import { SliceProbe } from '../assign/slice-probe.ts';
import { RequestPaths } from '../degrade/request-paths.ts';
import { ServedModels } from '../models/served-models.ts';
import { type ActiveModel } from '../models/served-release.ts';
import { FAKE_ACTIVE, FakeEngine, fakeTokenizer } from './fake-engine.ts';

export const KEY = 'test-key-with-inference-scope';
export const OPERATOR_KEY = 'test-key-of-an-operator-who-asks';
export const READ_KEY = 'test-key-with-read-scope-only';

async function fakeAuthenticate({ headers: { authorization: header } }: CallerHead): Promise<Authentication> {
  const principal = { accountId: 'key:k', kind: 'service', name: 'test', keyId: 'k', issuedBy: null, roles: [], tenant: null } as const;
  if (header === `Bearer ${KEY}`) return { ok: true, principal: { ...principal, permissions: ['inference'] } };
  if (header === `Bearer ${OPERATOR_KEY}`) return { ok: true, principal: { ...principal, permissions: ['inference', 'operate'] } };
  if (header === `Bearer ${READ_KEY}`) return { ok: true, principal: { ...principal, permissions: ['read'] } };
  return { ok: false, reason: 'unknown', message: 'This API key is not known.' };
}

export interface Captured {
  readonly record: RequestRecord;
  readonly trace: RoutingTrace;
}

/** /v1 over real HTTP on a free port, in front of a fake engine. */
export class FakeServer {
  readonly engine = new FakeEngine();
  readonly captured: Captured[] = [];
  readonly errors: unknown[] = [];
  /** Answers that a shadow might be compared on. */
  readonly offered: AnsweredRequest[] = [];
  stopping = false;
  /** Knows the keys above, unless told otherwise. */
  authenticate: Authenticator = fakeAuthenticate;
  /** What is active; sync `models` after a change. */
  active: ActiveModel = FAKE_ACTIVE;
  /** Further models, before the start. */
  others: readonly ActiveModel[] = [];
  models: ServedModels | null = null;
  /** The data rules of every model. */
  rules: RulesOfModel = null;
  readonly requestRules = new RequestRules({ of: () => this.rules });
  /** What is known of experts, quarantines and labels. */
  readonly experts = { isExhausted: (_releaseId: string): boolean => false, hasBroken: (_releaseId: string): boolean => false };
  readonly quarantines = { holdsIn: (_releaseId: string): boolean => false };
  readonly coldStart = { isSeen: (_releaseId: string, _segment: { readonly task: string }): boolean | null => null };
  /** Refuses early; set before the start. */
  desk: Desk | null = null;
  /** Limits tokens; set before the start. */
  tokens: TokenLimiter | null = null;
  /** Awaited by every recording. */
  beforeCapture: () => Promise<void> = async () => {};
  #fastify: FastifyInstance | null = null;
  url = '';

  async start(overrides: Partial<InferenceLimits & AdmissionLimits> = {}): Promise<void> {
    const nowMs = Date.now;
    const log: CaptureLog = {
      append: async (record, traceOf) => {
        await this.beforeCapture();
        this.captured.push({ record, trace: traceOf() });
      },
    };
    const directory = { generation: async () => JSON.stringify(this.active.activation), active: async () => [this.active, ...this.others] };
    this.models = new ServedModels(this.engine, directory, async () => fakeTokenizer, () => {}, nowMs);
    const { models } = this;
    await models.sync();
    await models.settled('all');
    const figures = new RequestFigures(createNoopMeter());
    const tellError = (_: string, error: unknown): void => void this.errors.push(error);
    const capture = new RequestCapture(log, figures, { policy: { level: 'full', share: 1, seed: '', rules: [] }, nowMs, tellEnded: () => undefined, tellError });
    // The client may hold connections that it never used, which Node does not count as idle.
    this.#fastify = Fastify({ ...FASTIFY_LIMITS, forceCloseConnections: true });
    registerV1(this.#fastify, {
      authenticate: (head, atMs) => this.authenticate(head, atMs),
      models,
      rules: this.requestRules,
      probe: new SliceProbe(this.engine, createNoopMeter()),
      paths: new RequestPaths(this.experts, this.quarantines, this.coldStart, models, async () => undefined),
      ...(this.desk ? { desk: this.desk } : {}),
      tokens: this.tokens,
      answering: new Answering(this.engine, capture, 4, tellError, (answer) => this.offered.push(answer)),
      schemas: new AnswerSchemas(),
      limits: { ...INFERENCE_LIMITS, maxLogprobs: 20, ...overrides },
      nowMs,
      random: randomBytes,
      stopping: () => this.stopping,
      tellError,
    });
    this.url = await this.#fastify.listen({ host: '127.0.0.1', port: 0 });
  }

  async stop(): Promise<void> {
    await this.#fastify?.close();
  }
}
