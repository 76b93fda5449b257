import { z } from 'zod';
import { CHANGE_ACTS } from '#libs/governance/change/acts';
import { CHANGE_STATES } from '#libs/governance/change/change-request';
import { blockerSchema, changeSchema, diffSchema, freezeSchema, listedChangeSchema } from './changes.ts';
import { payloadSchema } from './change-payloads.ts';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

const act = z.enum(CHANGE_ACTS);
const requirementSchema = z
  .object({ ...blockerSchema.shape, isMet: z.boolean().describe('Whether it holds; where not, `detail` is the remedy.') })
  .meta({ id: 'ChangeRequirement', description: 'One thing that must hold before the change is applied.' });
const judgedActSchema = z
  .object({ act, allowed: z.boolean(), blockers: z.array(blockerSchema).describe('Why not; empty where it is allowed.') })
  .meta({ id: 'ChangeActNow', description: 'Whether the caller may do something with a request now.' });

export const standingSchema = z
  .object({
    changeId: z.uuid(),
    revision: count('Of the request that was judged.'),
    requirements: z.array(requirementSchema).describe('Empty once the request has ended.'),
    acts: z.array(judgedActSchema),
    waitsForYou: act.nullable().describe('The act that leads it on, where the caller may do it.'),
    people: z.array(z.object({ account: z.string(), name: z.string() })).describe('Names of the accounts that the request mentions.'),
  })
  .meta({ id: 'ChangeStanding' });

export const queueQuery = z.object({
  state: z.enum(['pending', ...CHANGE_STATES], `give pending, ${CHANGE_STATES.join(', ')}`).optional().describe('Only in this state; pending: all that have not ended.'),
  model: modelName.optional().describe('Only of this model.'),
  type: z.string().max(40).optional().describe('Only of this type, such as replace-expert.'),
  author: z.string().max(100).optional().describe('Only by this account.'),
  waitingFor: z.literal('me', 'give me').optional().describe('Only what waits for something that the caller may do.'),
  ...pageQuery,
});
export const queueSchema = pageOf(
  z
    .object({ change: listedChangeSchema, blockers: z.array(blockerSchema).describe('What keeps the caller from applying it now; empty once it has ended.'), waitsForYou: act.nullable(), owesReview: z.boolean().describe('Whether its broken glass has not been reviewed and confirmed.') })
    .meta({ id: 'QueuedChange' }),
  'ChangeQueue',
);

export const previewBody = z.strictObject({ change: payloadSchema }).meta({ id: 'ChangePreviewRequest' });
export const previewSchema = z
  .object({
    type: z.string(), class: z.enum(['normal', 'standard', 'emergency']), changeDigest: sha256, base: changeSchema.shape.base, effect: changeSchema.shape.effect, diff: diffSchema, warnings: z.array(z.string()),
    requirements: z.array(requirementSchema), policyVersion: count('Version of the policy that was asked.'),
  })
  .meta({ id: 'ChangePreview' });

export const calendarQuery = z.object({ from: instant.describe('Inclusive.'), to: instant.describe('Exclusive; at most 100 days later.'), model: modelName.optional().describe('Only what concerns this model; freezes of all models do.') });
export const calendarSchema = z
  .object({
    freezes: z.array(freezeSchema).describe('Windows that hold at some time of the range, earliest first.'),
    scheduled: z.array(listedChangeSchema).describe('Requests whose window meets the range, in whatever state, earliest first.'),
    isComplete: z.boolean().describe('false: there are more than 500 of either; ask for less time.'),
  })
  .meta({ id: 'ChangeCalendar' });
