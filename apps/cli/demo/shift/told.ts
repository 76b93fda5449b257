import { z } from 'zod';
import { type Delivery } from './webhook-receiver.ts';

const figure = z.number().nullable();
const findingSchema = z.object({
  summary: z.string(),
  layer: z.int().nullable(),
  effect: z.object({ value: figure, unit: z.string(), low: figure, high: figure }),
  requests: figure,
  // It is followed: nothing else may stand there.
  wayBack: z.object({ path: z.string().regex(/^\/api\/v1\/models\/[^/]+\/(rollback|abort)$/), body: z.record(z.string(), z.unknown()), command: z.string(), to: z.string() }).nullable(),
});
const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  ruleName: z.string(),
  severity: z.string(),
  labels: z.record(z.string(), z.string()),
  fingerprint: z.string(),
  finding: findingSchema.nullable(),
});
const bodySchema = z.object({ data: z.object({ sequence: z.int(), groupKey: z.string(), alerts: z.array(alertSchema) }) });

export type ToldAlert = z.output<typeof alertSchema> & {
  /** When it was delivered, epoch milliseconds. */
  readonly atMs: number;
};

/** Alerts that webhooks told of, in the order of delivery; what is no notification of alerts is left out. */
export function alertsOf(deliveries: readonly Delivery[]): readonly ToldAlert[] {
  return deliveries.flatMap(({ atMs, body }) => (bodySchema.safeParse(body).data?.data.alerts ?? []).map((alert) => ({ ...alert, atMs })));
}

/** Episodes that were told of as firing and not yet as resolved, one alert of each. */
export function stillFiring(alerts: readonly ToldAlert[]): readonly ToldAlert[] {
  const firing = new Map<string, ToldAlert>();
  for (const alert of alerts) {
    if (alert.status === 'firing') firing.set(alert.fingerprint, firing.get(alert.fingerprint) ?? alert);
    else firing.delete(alert.fingerprint);
  }
  return [...firing.values()];
}
