import { type CaptureRuleSetting } from './capture-settings.ts';
import { privateUsage, type PrivateUsageSettings } from './privacy-settings.ts';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { type z } from 'zod';
import { type OidcSettings } from '#libs/governance/access/sign-in';
import { type AdmissionConfig, admissionOf } from './admission-settings.ts';
import { type EvaluationConfig, evaluationOf } from './evaluation-settings.ts';
import { type RetentionConfig, retentionOf } from './retention-settings.ts';
import { type ExpertConfig, expertsOf } from './expert-settings.ts';
import { environmentSchema, type Environment } from './environment.ts';
import { unknownVariables } from './unknown-variables.ts';

export type LogLevel = Environment['SIGNALBOX_LOG_LEVEL'];
/** What must hold before the last byte of an answer leaves: nothing, its trace in the spool file, or that file on the disk. */
export type Durability = Environment['SIGNALBOX_DURABILITY'];
/** `full` stores token ids too, `routes` only experts and gates, `off` nothing. */
export type CaptureMode = Environment['SIGNALBOX_CAPTURE'];
export type CaptureTransport = Environment['SIGNALBOX_CAPTURE_TRANSPORT'];

/** All settings of one Signalbox, validated and defaulted, by domain. Paths are absolute. */
export interface Config {
  readonly home: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly auth: { readonly adminKey: string | null };
  /** How people sign in, and how much callers may ask in a minute. */
  readonly access: {
    /** URL by which people reach this server, without a path; null: as the request says. */
    readonly publicUrl: string | null;
    /** null: nobody signs in by OpenID Connect. */
    readonly oidc: OidcSettings | null;
    /** Requests of an account to the management API. */
    readonly apiRequestsPerMinute: number;
    /** Requests of an account to /v1; null: no limit. */
    readonly inferenceRequestsPerMinute: number | null;
    /** Failed attempts of an address to get in. */
    readonly failedLoginsPerMinute: number;
  };
  /** Where a pipeline that runs by itself shows its health and metrics; null: nowhere. */
  readonly pipeline: { readonly operationsPort: number | null };
  /** Where a watch that runs by itself shows its health and metrics; null: nowhere. */
  readonly watch: { readonly operationsPort: number | null };
  /** null: the embedded PostgreSQL under `home`. */
  readonly database: { readonly url: string | null };
  /** null: BullMQ on PostgreSQL. */
  readonly queue: { readonly redisUrl: string | null };
  readonly capture: {
    readonly mode: CaptureMode;
    /** Share of requests whose trace is kept; usage is counted of all. */
    readonly share: number;
    /** Changes which requests these are. */
    readonly seed: string;
    /** What is kept less of, by model or data class. */
    readonly rules: readonly CaptureRuleSetting[];
    readonly transport: CaptureTransport;
    readonly durability: Durability;
    readonly spoolMaxBytes: number;
    /** 32 bytes; null: generated once into `home`/keys. */
    readonly traceKey: Buffer | null;
    /** Keys before that one: they open what they sealed, and seal nothing new. */
    readonly olderTraceKeys: readonly Buffer[];
    readonly retentionDays: number;
  };
  readonly audit: {
    /** Seed of the Ed25519 key that signs checkpoints, 32 bytes; null: generated once into `home`/keys. */
    readonly signingKey: Buffer | null;
    /** A checkpoint is signed after so many entries, or so many seconds after the first one that has none. */
    readonly checkpointEntries: number;
    readonly checkpointSeconds: number;
  };
  readonly receivers: {
    /** 32 bytes that seal the secrets of receivers; null: generated once into `home`/keys. */
    readonly secretKey: Buffer | null;
    /** Keys before that one. */
    readonly olderSecretKeys: readonly Buffer[];
    /** Hosts and ranges to which notifications may go although they are not public. */
    readonly allow: readonly string[];
  };
  /** Aggregates over fewer requests than this are withheld. */
  readonly privacy: {
    readonly minRequests: number;
    /** null: statistics with differential privacy are off. */
    readonly privateUsage: PrivateUsageSettings | null;
  };
  /** Time between two looks at the rollouts under way. */
  readonly rollouts: { readonly intervalMs: number };
  /** Time between two evaluations of the alert rules. */
  readonly alerts: { readonly intervalMs: number };
  /** Time between two rounds over what answers now, and the window that a round is of. */
  readonly measure: { readonly intervalMs: number; readonly windowMs: number };
  readonly feedback: { readonly retentionDays: number };
  readonly retention: RetentionConfig;
  readonly detection: {
    readonly isOn: boolean;
    /** Recorded requests after which a release's first baseline freezes by itself; 0: never. */
    readonly baselineRequests: number;
    /** Budget over all streams of a model. */
    readonly falseAlarmsPerMonth: number;
    /** Streams followed at most, over all releases. */
    readonly maxStreams: number;
  };
  readonly engine: {
    readonly threads: number;
    readonly maxSequences: number;
    readonly maxQueued: number;
    readonly prefillChunkTokens: number;
    readonly plan: { readonly kind: Environment['SIGNALBOX_ENGINE_PLAN']; readonly provider: Environment['SIGNALBOX_EXECUTION_PROVIDER'] };
    readonly cacheMaxBytes: number;
    /** Of what a release keeps of prompts; 0: nothing. */
    readonly prefixCacheBytes: number;
    /** Alternatives a request may ask for; -1 for the whole vocabulary. */
    readonly maxLogprobs: number;
  };
  readonly admission: AdmissionConfig;
  readonly experts: ExpertConfig;
  readonly evaluation: EvaluationConfig;
  /** When a component's bytes are hashed again that this process has hashed: when its file changed, or at every load. */
  readonly integrity: { readonly verifyComponents: Environment['SIGNALBOX_VERIFY_COMPONENTS'] };
  readonly log: { readonly level: LogLevel };
  /** null: no demo model. */
  readonly demo: { readonly modelDir: string | null };
  /** Sentences to log once at start. */
  readonly warnings: readonly string[];
}

/** What the defaults depend on besides the environment. */
export interface Machine {
  readonly cores: number;
  readonly workingDir: string;
}

/** Settings that cannot be used; `problems` holds one sentence for each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`Signalbox cannot start with these settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads the settings from environment variables; an empty variable counts as absent.
 * @throws ConfigError naming each wrong variable and its remedy.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>, machine: Machine = thisMachine()): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map(problemOf));
  const values = parsed.data;
  const { SIGNALBOX_DEMO_MODEL: demoModel } = values;
  return {
    home: resolve(machine.workingDir, values.SIGNALBOX_HOME),
    http: { host: values.SIGNALBOX_HOST, port: values.SIGNALBOX_PORT },
    auth: { adminKey: values.SIGNALBOX_ADMIN_KEY ?? null },
    access: {
      publicUrl: values.SIGNALBOX_PUBLIC_URL ?? null,
      oidc: oidcOf(values),
      apiRequestsPerMinute: values.SIGNALBOX_API_RATE,
      inferenceRequestsPerMinute: values.SIGNALBOX_INFERENCE_RATE ?? null,
      failedLoginsPerMinute: values.SIGNALBOX_FAILED_LOGINS,
    },
    pipeline: { operationsPort: values.SIGNALBOX_PIPELINE_PORT ?? null },
    watch: { operationsPort: values.SIGNALBOX_WATCH_PORT ?? null },
    database: { url: values.DATABASE_URL ?? null },
    queue: { redisUrl: values.REDIS_URL ?? null },
    capture: {
      mode: values.SIGNALBOX_CAPTURE,
      share: values.SIGNALBOX_CAPTURE_SHARE,
      seed: values.SIGNALBOX_CAPTURE_SEED,
      rules: values.SIGNALBOX_CAPTURE_RULES ?? [],
      transport: values.SIGNALBOX_CAPTURE_TRANSPORT,
      durability: values.SIGNALBOX_DURABILITY,
      spoolMaxBytes: values.SIGNALBOX_SPOOL_MAX_BYTES,
      traceKey: values.SIGNALBOX_TRACE_KEY ?? null,
      olderTraceKeys: values.SIGNALBOX_TRACE_KEYS_OLDER ?? [],
      retentionDays: values.SIGNALBOX_TRACE_RETENTION_DAYS,
    },
    audit: {
      signingKey: values.SIGNALBOX_AUDIT_KEY ?? null,
      checkpointEntries: values.SIGNALBOX_AUDIT_CHECKPOINT_ENTRIES,
      checkpointSeconds: values.SIGNALBOX_AUDIT_CHECKPOINT_SECONDS,
    },
    receivers: { secretKey: values.SIGNALBOX_SECRET_KEY ?? null, olderSecretKeys: values.SIGNALBOX_SECRET_KEYS_OLDER ?? [], allow: values.SIGNALBOX_RECEIVER_ALLOW ?? [] },
    privacy: {
      minRequests: values.SIGNALBOX_MIN_REQUESTS,
      privateUsage: privateUsage(values.SIGNALBOX_PRIVACY_EPSILON, values.SIGNALBOX_PRIVACY_BUDGET, values.SIGNALBOX_PRIVACY_TOKENS),
    },
    rollouts: { intervalMs: values.SIGNALBOX_ROLLOUT_INTERVAL_MS },
    alerts: { intervalMs: values.SIGNALBOX_ALERT_INTERVAL_MS },
    measure: { intervalMs: values.SIGNALBOX_MEASURE_INTERVAL_MS, windowMs: values.SIGNALBOX_MEASURE_WINDOW_MINUTES * 60_000 },
    feedback: { retentionDays: values.SIGNALBOX_FEEDBACK_RETENTION_DAYS },
    retention: retentionOf(values),
    detection: {
      isOn: values.SIGNALBOX_DETECTION === 'on',
      baselineRequests: values.SIGNALBOX_BASELINE_REQUESTS,
      falseAlarmsPerMonth: values.SIGNALBOX_FALSE_ALARMS_PER_MONTH,
      maxStreams: values.SIGNALBOX_DETECTION_STREAMS,
    },
    engine: {
      threads: values.SIGNALBOX_ENGINE_THREADS ?? machine.cores,
      maxSequences: values.SIGNALBOX_MAX_SEQUENCES,
      maxQueued: values.SIGNALBOX_MAX_QUEUED,
      prefillChunkTokens: values.SIGNALBOX_PREFILL_CHUNK,
      plan: planOf(values),
      cacheMaxBytes: values.SIGNALBOX_CACHE_MAX_BYTES,
      prefixCacheBytes: values.SIGNALBOX_PREFIX_CACHE_BYTES,
      maxLogprobs: values.SIGNALBOX_MAX_LOGPROBS,
    },
    admission: admissionOf(values),
    experts: expertsOf(values, machine.workingDir),
    evaluation: evaluationOf(values),
    integrity: { verifyComponents: values.SIGNALBOX_VERIFY_COMPONENTS },
    log: { level: values.SIGNALBOX_LOG_LEVEL },
    demo: { modelDir: demoModel === 'off' ? null : resolve(machine.workingDir, demoModel) },
    warnings: unknownVariables(Object.keys(present)),
  };
}

/** @throws ConfigError for an accelerator under the plan of many small runs */
function planOf({ SIGNALBOX_ENGINE_PLAN: kind, SIGNALBOX_EXECUTION_PROVIDER: provider }: Environment): Config['engine']['plan'] {
  if (kind === 'split' && provider !== 'cpu') throw new ConfigError([`SIGNALBOX_ENGINE_PLAN: give whole, or leave SIGNALBOX_EXECUTION_PROVIDER out: ${provider} runs a release as one graph.`]);
  return { kind, provider };
}

/** @throws ConfigError where a provider is set by halves */
function oidcOf(values: Environment): OidcSettings | null {
  const { SIGNALBOX_OIDC_ISSUER: issuer, SIGNALBOX_OIDC_CLIENT_ID: clientId, SIGNALBOX_OIDC_ROLE_CLAIM: roleClaim, SIGNALBOX_OIDC_ROLE_MAP: roleMap } = values;
  if (issuer === undefined) return null;
  if (clientId === undefined) throw new ConfigError(['SIGNALBOX_OIDC_CLIENT_ID: give the client id that the provider of SIGNALBOX_OIDC_ISSUER knows.']);
  if ((roleClaim === undefined) !== (roleMap === undefined)) throw new ConfigError([`${roleClaim === undefined ? 'SIGNALBOX_OIDC_ROLE_CLAIM' : 'SIGNALBOX_OIDC_ROLE_MAP'}: give it too, or neither: one names the claim, the other its groups.`]);
  return { displayName: values.SIGNALBOX_OIDC_NAME, issuer, clientId, clientSecret: values.SIGNALBOX_OIDC_CLIENT_SECRET ?? null, roleClaim: roleClaim ?? null, roleMap: roleMap ?? {}, emailDomains: values.SIGNALBOX_OIDC_EMAIL_DOMAINS ?? [] };
}

function thisMachine(): Machine {
  return { cores: availableParallelism(), workingDir: process.cwd() };
}

/** Never repeats the value: it may be a secret. */
function problemOf(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.')}: ${issue.message}.`;
}
