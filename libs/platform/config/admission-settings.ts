import { z } from 'zod';
import { integerText } from './integer-text.ts';

const WEIGHTS = 'give tenants with their weights, such as acme=3,beta=0.5; weights are from 0.01 to 1000';
const MAX_WEIGHTS = 1000;

/** `tenant=weight,tenant=weight` */
const tenantWeights = z.string().transform((text, context) => {
  const entries = text.split(',').map((entry) => /^\s*([^=]{1,256})=(\d{1,4}(?:\.\d{1,4})?)\s*$/.exec(entry));
  const weights: Record<string, number> = {};
  for (const entry of entries) {
    const weight = Number(entry?.[2]);
    if (!entry?.[1] || !(weight >= 0.01 && weight <= 1000) || entries.length > MAX_WEIGHTS) {
      context.addIssue({ code: 'custom', message: WEIGHTS });
      return z.NEVER;
    }
    weights[entry[1].trim()] = weight;
  }
  return weights;
});

const ORDERS = ['fair', 'arrival'] as const;
const ACTIONS = ['off', 'observe', 'isolate', 'refuse'] as const;

/** How requests are admitted and ordered. */
export const admissionSettings = {
  SIGNALBOX_ADMISSION: z.enum(ORDERS, `give one of ${ORDERS.join(', ')}`).default('fair'),
  /** 0 is any wait. */
  SIGNALBOX_QUEUE_TARGET_MS: integerText(0, 600_000).default(10_000),
  SIGNALBOX_TENANT_WEIGHTS: tenantWeights.optional(),
  SIGNALBOX_TENANT_QUEUE_PERCENT: integerText(1, 100).default(75),
  SIGNALBOX_TOKEN_RATE: integerText(1, 1_000_000_000).optional(),
  SIGNALBOX_REPETITION: z.enum(ACTIONS, `give one of ${ACTIONS.join(', ')}`).default('observe'),
};

/** Admission as configured. */
export interface AdmissionConfig {
  /** `fair`: the least served tenant first; `arrival`: in order of arrival, limited by the queue alone. */
  readonly order: (typeof ORDERS)[number];
  /** Longest wait for which a request is admitted; null: any. */
  readonly queueTargetMs: number | null;
  readonly tenantWeights: Readonly<Record<string, number>>;
  /** Most of the queue that one tenant may hold, 0 to 1. */
  readonly tenantQueueShare: number;
  /** Tokens of a tenant or an account in a minute; null: no limit. */
  readonly tokensPerMinute: number | null;
  readonly repetition: (typeof ACTIONS)[number];
}

type Values = z.output<z.ZodObject<typeof admissionSettings>>;

export function admissionOf(values: Values): AdmissionConfig {
  return {
    order: values.SIGNALBOX_ADMISSION,
    queueTargetMs: values.SIGNALBOX_QUEUE_TARGET_MS === 0 ? null : values.SIGNALBOX_QUEUE_TARGET_MS,
    tenantWeights: values.SIGNALBOX_TENANT_WEIGHTS ?? {},
    tenantQueueShare: values.SIGNALBOX_TENANT_QUEUE_PERCENT / 100,
    tokensPerMinute: values.SIGNALBOX_TOKEN_RATE ?? null,
    repetition: values.SIGNALBOX_REPETITION,
  };
}
