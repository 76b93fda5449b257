import { z } from 'zod';

const MAX_RULES = 64;
const RULE = /^(model|dataClass)=([^:,=]{1,256}):(routes|aggregate)$/;

/** At most what is kept of requests of one model or data class. */
export interface CaptureRuleSetting {
  readonly field: 'model' | 'dataClass';
  readonly value: string;
  readonly level: 'routes' | 'aggregate';
}

const rules = z
  .string()
  .refine(
    (text) => text.split(',').length <= MAX_RULES && text.split(',').every((rule) => RULE.test(rule.trim())),
    `give at most ${MAX_RULES} rules with commas between them, each model=NAME:LEVEL or dataClass=NAME:LEVEL with LEVEL routes or aggregate, such as dataClass=health:aggregate`,
  )
  .transform((text) =>
    text.split(',').map((rule): CaptureRuleSetting => {
      const [, field, value, level] = RULE.exec(rule.trim())!;
      return { field: field as CaptureRuleSetting['field'], value: value!, level: level as CaptureRuleSetting['level'] };
    }),
  );

/** How much of each request's routing is kept. */
export const captureSettings = {
  SIGNALBOX_CAPTURE: z.enum(['full', 'routes', 'aggregate', 'off'], 'give one of full, routes, aggregate, off').default('full'),
  SIGNALBOX_CAPTURE_SHARE: z
    .string()
    .regex(/^(?:0|1|0?\.\d{1,9})$/, 'give a share from 0 to 1, such as 0.05')
    .default('1')
    .transform(Number),
  SIGNALBOX_CAPTURE_SEED: z.string().max(256, 'give at most 256 characters').default(''),
  SIGNALBOX_CAPTURE_RULES: rules.optional(),
};
