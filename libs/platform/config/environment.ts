import { z } from 'zod';
import { accessSettings } from './access-settings.ts';
import { admissionSettings } from './admission-settings.ts';
import { captureSettings } from './capture-settings.ts';
import { evaluationSettings } from './evaluation-settings.ts';
import { expertSettings } from './expert-settings.ts';
import { integerText } from './integer-text.ts';
import { privacySettings } from './privacy-settings.ts';
import { retentionSettings } from './retention-settings.ts';
import { sizeText } from './size-text.ts';

const GIB = 1024 ** 3;

const integer = (min: number, max: number, fallback: number) => integerText(min, max).default(fallback);

const sizeBytes = (min: number, fallback: number) => sizeText(min).default(fallback);

function choice<const T extends readonly [string, ...string[]]>(values: T, fallback: T[number]) {
  return z.enum(values, `give one of ${values.join(', ')}`).default(() => fallback);
}

function url(protocols: readonly string[], example: string) {
  const remedy = `give a URL such as ${example}`;
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), remedy).optional();
}

const keyBytes = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((key) => key.length === 32, 'give 32 bytes in base64, as `openssl rand -base64 32` prints them');

const MAX_OLDER_KEYS = 16;
const olderKeys = z
  .string()
  .transform((text) => text.split(',').map((key) => Buffer.from(key.trim(), 'base64')))
  .refine((keys) => keys.length <= MAX_OLDER_KEYS && keys.every((key) => key.length === 32), `give at most ${MAX_OLDER_KEYS} keys, each 32 bytes in base64, with commas between them`);

const MAX_ALLOWED = 64;
const receiverAllow = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine((entries) => entries.length <= MAX_ALLOWED && entries.every((entry) => /^[0-9A-Za-z.:/-]{1,253}$/.test(entry)), `give at most ${MAX_ALLOWED} hosts or ranges, such as alertmanager.internal,10.0.0.0/8`);

/** The environment variables Signalbox reads, each with its limits, its default and a remedy. */
export const environmentSchema = z.object({
  SIGNALBOX_HOME: z.string().default('.signalbox'),
  SIGNALBOX_HOST: z.string().default('127.0.0.1'),
  SIGNALBOX_PORT: integer(0, 65_535, 7070),
  SIGNALBOX_PIPELINE_PORT: integerText(0, 65_535).optional(),
  SIGNALBOX_WATCH_PORT: integerText(0, 65_535).optional(),
  SIGNALBOX_ADMIN_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{24,512}$/, 'give 24 to 512 characters without spaces, or leave it out to have a key generated')
    .optional(),
  ...accessSettings,
  SIGNALBOX_API_RATE: integer(1, 1_000_000, 6000),
  SIGNALBOX_INFERENCE_RATE: integerText(1, 1_000_000).optional(),
  SIGNALBOX_FAILED_LOGINS: integer(1, 1_000_000, 60),
  DATABASE_URL: url(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/signalbox'),
  REDIS_URL: url(['redis:', 'rediss:'], 'redis://host:6379'),
  SIGNALBOX_DURABILITY: choice(['memory', 'answered', 'fsync'], 'answered'),
  SIGNALBOX_SPOOL_MAX_BYTES: sizeBytes(1024 ** 2, GIB),
  ...captureSettings,
  SIGNALBOX_CAPTURE_TRANSPORT: choice(['spool', 'inline'], 'spool'),
  SIGNALBOX_TRACE_KEY: keyBytes.optional(),
  SIGNALBOX_TRACE_KEYS_OLDER: olderKeys.optional(),
  SIGNALBOX_AUDIT_KEY: keyBytes.optional(),
  SIGNALBOX_SECRET_KEY: keyBytes.optional(),
  SIGNALBOX_SECRET_KEYS_OLDER: olderKeys.optional(),
  SIGNALBOX_RECEIVER_ALLOW: receiverAllow.optional(),
  SIGNALBOX_AUDIT_CHECKPOINT_ENTRIES: integer(1, 1_000_000, 1000),
  SIGNALBOX_AUDIT_CHECKPOINT_SECONDS: integer(1, 86_400, 60),
  SIGNALBOX_TRACE_RETENTION_DAYS: integer(1, 3650, 7),
  ...retentionSettings,
  ...privacySettings,
  SIGNALBOX_ROLLOUT_INTERVAL_MS: integer(50, 600_000, 2000),
  SIGNALBOX_ALERT_INTERVAL_MS: integer(200, 600_000, 5000),
  SIGNALBOX_MEASURE_INTERVAL_MS: integer(1000, 3_600_000, 60_000),
  SIGNALBOX_MEASURE_WINDOW_MINUTES: integer(1, 1440, 15),
  SIGNALBOX_FEEDBACK_RETENTION_DAYS: integer(1, 3650, 90),
  SIGNALBOX_DETECTION: choice(['on', 'off'], 'on'),
  /** 0 is never. */
  SIGNALBOX_BASELINE_REQUESTS: integerText(0, 20_000).refine((value) => value === 0 || value >= 1000, 'give 0, or a whole number from 1000 to 20000').default(5000),
  SIGNALBOX_FALSE_ALARMS_PER_MONTH: z
    .string()
    .regex(/^\d{1,4}(\.\d{1,4})?$/, 'give a number from 0.01 to 1000')
    .transform(Number)
    .refine((value) => value >= 0.01 && value <= 1000, 'give a number from 0.01 to 1000')
    .default(1),
  SIGNALBOX_DETECTION_STREAMS: integer(1, 100_000, 4096),
  SIGNALBOX_ENGINE_THREADS: integerText(1, 1024).optional(),
  SIGNALBOX_MAX_SEQUENCES: integer(1, 4096, 16),
  SIGNALBOX_MAX_QUEUED: integer(0, 1_000_000, 64),
  SIGNALBOX_ENGINE_PLAN: choice(['split', 'whole'], 'split'),
  SIGNALBOX_EXECUTION_PROVIDER: choice(['cpu', 'webgpu', 'cuda'], 'cpu'),
  ...admissionSettings,
  ...expertSettings,
  ...evaluationSettings,
  SIGNALBOX_PREFILL_CHUNK: integer(1, 65_536, 256),
  SIGNALBOX_PREFIX_CACHE_BYTES: sizeBytes(0, 64 * 1024 ** 2),
  SIGNALBOX_CACHE_MAX_BYTES: sizeBytes(1024 ** 2, GIB / 2),
  /** -1 is the whole vocabulary. */
  SIGNALBOX_MAX_LOGPROBS: integer(-1, 1_000_000, 20),
  SIGNALBOX_VERIFY_COMPONENTS: choice(['once', 'always'], 'once'),
  SIGNALBOX_LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
  SIGNALBOX_DEMO_MODEL: z.string().default('models/tiny-mixtral'),
});

export type Environment = z.output<typeof environmentSchema>;

/** Variables of the command line client, which the servers do not read. */
export const CLIENT_VARIABLES: readonly string[] = ['SIGNALBOX_URL', 'SIGNALBOX_API_KEY', 'SIGNALBOX_SIGNING_PASSPHRASE'];
