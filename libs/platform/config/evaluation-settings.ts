import { z } from 'zod';
import { integerText } from './integer-text.ts';
import { sizeText } from './size-text.ts';

const MIB = 1024 ** 2;

/** What the evaluation role takes of the machine, and how long it keeps things. */
export const evaluationSettings = {
  SIGNALBOX_EVALUATION_PORT: integerText(0, 65_535).optional(),
  SIGNALBOX_EVALUATION_THREADS: integerText(1, 64).default(1),
  SIGNALBOX_EVALUATION_CACHE_BYTES: sizeText(MIB).default(256 * MIB),
  SIGNALBOX_EVALUATION_RELEASES: integerText(1, 64).default(2),
  SIGNALBOX_EVALUATION_HEAP_BYTES: sizeText(128 * MIB).default(1024 * MIB),
  SIGNALBOX_EVALUATION_IDLE_SECONDS: integerText(1, 86_400).default(60),
  SIGNALBOX_EVALUATION_RETENTION_DAYS: integerText(1, 3650).default(30),
  SIGNALBOX_EVALUATION_JUDGE_URL: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'give the URL of an OpenAI-compatible API, such as https://judge.example.org/v1')
    .refine((text) => !URL.canParse(text) || !/[@?#]/.test(text), 'give the URL without a name, a password or parameters; the key has a setting of its own')
    .optional(),
  SIGNALBOX_EVALUATION_JUDGE_MODEL: z.string().min(1, 'give the name by which the endpoint knows the model').optional(),
  SIGNALBOX_EVALUATION_JUDGE_REPLIES: z.enum(['text', 'json-schema']).default('text'),
  SIGNALBOX_EVALUATION_JUDGE_KEY: z.string().regex(/^[\x21-\x7e]{1,1024}$/, 'give the key without spaces').optional(),
};

export interface JudgeConfig {
  /** Of an OpenAI-compatible API, such as `https://judge.example.org/v1`. */
  readonly url: string;
  readonly model: string;
  /** `json-schema` asks the endpoint to hold replies to the form of a verdict. */
  readonly replies: 'text' | 'json-schema';
  readonly key: string | null;
}

/** Evaluation as configured. */
export interface EvaluationConfig {
  /** Where an evaluation role that runs by itself shows its health and metrics; null: nowhere. */
  readonly operationsPort: number | null;
  readonly threads: number;
  readonly cacheMaxBytes: number;
  /** Releases kept loaded at once. */
  readonly releasesHeld: number;
  /** JavaScript memory of the child process of a standalone Signalbox. */
  readonly heapBytes: number;
  /** After so long without a run the child process of a standalone Signalbox ends. */
  readonly idleMs: number;
  /** Parts and datasets that nobody used for so long are deleted. */
  readonly retentionDays: number;
  /** null: nothing is sent to a judge. */
  readonly judge: JudgeConfig | null;
}

type Values = z.output<z.ZodObject<typeof evaluationSettings>>;

export function evaluationOf(values: Values): EvaluationConfig {
  const { SIGNALBOX_EVALUATION_JUDGE_URL: url, SIGNALBOX_EVALUATION_JUDGE_MODEL: model, SIGNALBOX_EVALUATION_JUDGE_REPLIES: replies, SIGNALBOX_EVALUATION_JUDGE_KEY: key } = values;
  return {
    operationsPort: values.SIGNALBOX_EVALUATION_PORT ?? null,
    threads: values.SIGNALBOX_EVALUATION_THREADS,
    cacheMaxBytes: values.SIGNALBOX_EVALUATION_CACHE_BYTES,
    releasesHeld: values.SIGNALBOX_EVALUATION_RELEASES,
    heapBytes: values.SIGNALBOX_EVALUATION_HEAP_BYTES,
    idleMs: values.SIGNALBOX_EVALUATION_IDLE_SECONDS * 1000,
    retentionDays: values.SIGNALBOX_EVALUATION_RETENTION_DAYS,
    judge: url === undefined ? null : { url, model: model ?? 'judge', replies, key: key ?? null },
  };
}
