import { type z } from 'zod';
import { integerText } from './integer-text.ts';

const MAX_DAYS = 36_500;

/** How long what is kept for long is kept. */
export const retentionSettings = {
  SIGNALBOX_HOUR_RETENTION_DAYS: integerText(1, MAX_DAYS).default(1825),
  SIGNALBOX_HISTORY_RETENTION_DAYS: integerText(1, MAX_DAYS).default(365),
  SIGNALBOX_EVALUATION_RUN_RETENTION_DAYS: integerText(1, MAX_DAYS).default(365),
};

export interface RetentionConfig {
  /** Usage by the hour. */
  readonly hourDays: number;
  /** What has ended: alerts, silences, imports, uploads, quarantines, former baselines. */
  readonly historyDays: number;
  /** Evaluation runs that have ended. */
  readonly evaluationRunDays: number;
}

export function retentionOf(values: z.output<z.ZodObject<typeof retentionSettings>>): RetentionConfig {
  return { hourDays: values.SIGNALBOX_HOUR_RETENTION_DAYS, historyDays: values.SIGNALBOX_HISTORY_RETENTION_DAYS, evaluationRunDays: values.SIGNALBOX_EVALUATION_RUN_RETENTION_DAYS };
}
