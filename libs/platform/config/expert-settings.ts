import { resolve } from 'node:path';
import { z } from 'zod';
import { integerText } from './integer-text.ts';
import { sizeText } from './size-text.ts';

/** When experts are taken out of service, and how they come back. */
export const expertSettings = {
  SIGNALBOX_EXPERT_TIMEOUT_MS: integerText(1, 3_600_000).default(10_000),
  /** 0 is never. */
  SIGNALBOX_EXPERT_SLOW_FACTOR: integerText(0, 1000).refine((value) => value !== 1, 'give 0, or a whole number from 2 to 1000').default(4),
  SIGNALBOX_EXPERT_PROBE_MS: integerText(10, 3_600_000).default(250),
  SIGNALBOX_EXPERT_PROBE_MAX_MS: integerText(10, 86_400_000).default(60_000),
  /** 0 is never. */
  SIGNALBOX_EXPERT_PATROL_MS: integerText(0, 3_600_000).default(1000),
  SIGNALBOX_EXPERT_MINIMUM: integerText(1, 65_536).default(1),
  SIGNALBOX_EXPERT_MEMORY_BYTES: sizeText(1024 ** 2).optional(),
  SIGNALBOX_FAULT_FILE: z.string().min(1, 'give the path of a file, or leave it out').optional(),
};

/** Health of experts as configured. */
export interface ExpertConfig {
  /** A run that takes longer counts as a timeout. */
  readonly timeoutMs: number;
  /** Times the median of its layer at which an expert counts as slow; 0: never. */
  readonly slowFactor: number;
  /** From taking an expert out of service to the first probe, and the longest between two. */
  readonly firstProbeMs: number;
  readonly maxProbeMs: number;
  /** Between two probes of experts that serve; 0: none. */
  readonly patrolMs: number;
  /** Experts that each layer needs. */
  readonly minimumExperts: number;
  /** Bound of the experts' memory, over all releases; null: none. */
  readonly memoryBytes: number | null;
  /** Faults to inject, for a drill; null: none. */
  readonly faultFile: string | null;
}

type Values = z.output<z.ZodObject<typeof expertSettings>>;

export function expertsOf(values: Values, workingDir: string): ExpertConfig {
  return {
    timeoutMs: values.SIGNALBOX_EXPERT_TIMEOUT_MS,
    slowFactor: values.SIGNALBOX_EXPERT_SLOW_FACTOR,
    firstProbeMs: values.SIGNALBOX_EXPERT_PROBE_MS,
    maxProbeMs: Math.max(values.SIGNALBOX_EXPERT_PROBE_MAX_MS, values.SIGNALBOX_EXPERT_PROBE_MS),
    patrolMs: values.SIGNALBOX_EXPERT_PATROL_MS,
    minimumExperts: values.SIGNALBOX_EXPERT_MINIMUM,
    memoryBytes: values.SIGNALBOX_EXPERT_MEMORY_BYTES ?? null,
    faultFile: values.SIGNALBOX_FAULT_FILE === undefined ? null : resolve(workingDir, values.SIGNALBOX_FAULT_FILE),
  };
}
