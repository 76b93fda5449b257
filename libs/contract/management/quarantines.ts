import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';
import { protectionOverride } from './protection.ts';

const MAX_REASON = 1000;
const MAX_PLACE = 65_535;
const place = (what: string) => z.int(`give the number of the ${what}, from 0`).min(0, `give the number of the ${what}, from 0`).max(MAX_PLACE, `give a number of at most ${MAX_PLACE}`);
const why = z.string('say why').min(1, 'say why in a few words').max(MAX_REASON, `give at most ${MAX_REASON} characters`);

export const quarantineModelParams = z.object({ model: modelName });
export const quarantineParams = z.object({ model: modelName, quarantineId: z.uuid('give the id of a quarantine, from the list') });

export const quarantineBody = z
  .strictObject({
    layer: place('layer'),
    expert: place('expert'),
    releaseId: sha256.optional().describe('Only in this release. In every release of the model when left out, those to come too.'),
    reason: why.describe('Why, for the audit log, the alert and whoever looks.'),
    until: instant.optional().describe('When it ends by itself. When it is lifted, where left out.'),
    force: z.boolean().default(false).describe('Even where a layer is left with fewer experts than each token selects. Needs the permission administer too.'),
    override: protectionOverride.optional().describe('For an expert that is protected.'),
  })
  .meta({ id: 'QuarantineRequest' });

const quarantineFields = {
  id: z.uuid(),
  model: modelName,
  releaseId: sha256.nullable().describe('null: every release of the model.'),
  layer: count('From 0.'),
  expert: count('Within the layer, from 0.'),
  reason: z.string(),
  forced: z.boolean().describe('It left a layer with fewer experts than each token selects.'),
  createdAt: instant,
  createdBy: z.string().describe('Account.'),
  createdByName: z.string(),
  until: instant.nullable().describe('When it ends by itself; null: when it is lifted.'),
  state: z.enum(['in-force', 'lifted', 'expired']),
  generation: count("Of the model's quarantines, as of its last write: a process at this generation or above enforces it."),
  version: count('Writes of this quarantine; the ETag.'),
  endedAt: instant.nullable(),
  endedBy: z.string().nullable().describe('Account.'),
  endedReason: z.string().nullable(),
};
export const quarantineSchema = z.object(quarantineFields).meta({ id: 'Quarantine', description: 'An expert that was taken out of service.' });

/** What the processes had made of a write when it was answered. */
const takenFields = {
  takenBy: count('Live inference processes that had taken hold of it when this was answered.'),
  processes: count('Live inference processes that serve the model.'),
  tookHold: z.boolean().describe('All of them had: from this answer on no new decision uses the expert (or, after a lift, it may be chosen again). False where one did not say so in time; it follows as soon as it can reach the database.'),
};
export const quarantineWrittenSchema = z.object({ ...quarantineFields, ...takenFields }).meta({ id: 'QuarantineWritten' });

export const quarantinesQuery = z.object({ state: z.enum(['in-force', 'all'], 'give in-force or all').default('in-force').describe('in-force: those that hold. all: those that ended too.'), ...pageQuery });
export const quarantinesSchema = pageOf(quarantineSchema, 'Quarantines');
export const liftBody = z.strictObject({ reason: why.optional().describe('Why, for the audit log.') }).meta({ id: 'LiftRequest' });
export const liftHeaders = z.object({ 'if-match': z.string().regex(/^"[1-9]\d{0,8}"$/, 'give the version in double quotes, such as "1", from the ETag').optional().describe('The version you saw, quoted; may be left out.') });

export const expertHealthSchema = z
  .object({
    model: modelName,
    generation: count('Of the quarantines of the model; 0 where it never had one.'),
    quarantines: z.array(quarantineSchema).describe('Those that hold.'),
    processes: z
      .array(
        z.object({
          processId: z.uuid(),
          host: z.string(),
          pid: z.int().describe('Process id on its host.'),
          status: z.enum(['live', 'unreachable']),
          lastSeenAt: instant,
          quarantineGeneration: z.int().nullable().describe('Generation of quarantines that it enforces; null: it told none.'),
          experts: z
            .array(
              z.object({
                releaseId: sha256,
                layer: count('From 0.'),
                expert: count('Within the layer, from 0.'),
                state: z.string().describe('Such as quarantined, open (its circuit breaker keeps it out) or half-open (it is being probed).'),
                reason: z.string(),
                since: instant,
              }),
            )
            .describe('Those that do not serve as usual; all others are healthy.'),
        }),
      )
      .describe('Inference processes that serve the model.'),
  })
  .meta({ id: 'ExpertHealth', description: 'Which experts of a model do not serve, where, since when and why.' });
