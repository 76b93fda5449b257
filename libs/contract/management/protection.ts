import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

const MAX_REASON = 1000;
const MAX_PLACE = 65_535;
const why = z.string('say why').min(1, 'say why in a few words').max(MAX_REASON, `give at most ${MAX_REASON} characters`);
const place = (what: string) => z.coerce.number(`give the number of the ${what}, from 0`).int().min(0, `give the number of the ${what}, from 0`).max(MAX_PLACE, `give a number of at most ${MAX_PLACE}`);
const evaluationId = z.uuid('give the id of a run, from GET /api/v1/evaluations');

/** Given with acts that may take a protected expert away. */
export const protectionOverride = z
  .strictObject({
    reason: why.describe('Why it goes on all the same, in at least 10 characters.'),
    evaluationId: evaluationId.optional().describe('A run that passed: of the release that results, with safety tasks; or, where an expert is left out of what serves, a concentration run of it that left the expert out. Needs the permission approve too.'),
    emergency: z.boolean().default(false).describe('It cannot wait for evidence: a review is owed within 48 hours.'),
  })
  .meta({ id: 'ProtectionOverride', description: 'For taking a protected expert away all the same.' });

export const protectionModelParams = z.object({ model: modelName });
export const protectedExpertParams = z.object({ model: modelName, layer: place('layer'), expert: place('expert') });
export const overrideParams = z.object({ model: modelName, overrideId: z.uuid('give the id of an override, from the list') });

const evidence = z.object({ evaluationId: z.uuid(), resultSha256: sha256 }).nullable();
export const protectedExpertSchema = z
  .object({
    model: modelName,
    layer: count('From 0.'),
    expert: count('Within the layer, from 0.'),
    reason: z.string(),
    evidence: evidence.describe('The run that proposed it; null: protected by hand.'),
    protectedAt: instant,
    protectedBy: z.string().describe('Account.'),
    protectedByName: z.string(),
    version: count('The ETag.'),
  })
  .meta({ id: 'ProtectedExpert', description: 'A place whose expert must not be taken away without evidence, whichever version serves there.' });
export const protectedExpertsSchema = pageOf(protectedExpertSchema, 'ProtectedExperts');
export const protectionPageQuery = z.object(pageQuery);

export const protectBody = z.strictObject({ reason: why.describe('Why it is protected. Whoever is refused reads it.') }).meta({ id: 'ProtectRequest' });
export const protectHeaders = z.object({ 'if-match': z.string().regex(/^"(0|[1-9]\d{0,8})"$/, 'give the version in double quotes, such as "1", from the ETag; "0" where it is not protected').optional().describe('The version you saw, quoted; may be left out.') });
export const unprotectBody = z
  .strictObject({ reason: why, evaluationId: evaluationId.optional().describe('A concentration run of the release that serves, which left the expert out and does not propose it. Without one it needs the permission administer too.') })
  .meta({ id: 'UnprotectRequest' });
export const adoptBody = z.strictObject({ evaluationId: evaluationId.describe('A concentration run of a release of the model.') }).meta({ id: 'AdoptRequest' });
export const adoptedSchema = z
  .object({ adopted: z.array(protectedExpertSchema).describe('Protected now.'), already: z.array(z.object({ layer: count('From 0.'), expert: count('From 0.') })).describe('Protected before; as they were.') })
  .meta({ id: 'AdoptedProtection' });

export const overridesQuery = z.object({ owed: z.enum(['true', 'false'], 'give true or false').default('false').describe('Only emergencies that nobody has confirmed.'), ...pageQuery });
const review = z.object({ at: instant, by: z.string().describe('Account.'), byName: z.string(), verdict: z.enum(['confirmed', 'to-revert']), note: z.string() });
export const overrideSchema = z
  .object({
    id: z.uuid(),
    model: modelName,
    act: z.string().describe('What was done, such as quarantine, recall, data-rules or change.'),
    takings: z.array(z.object({ layer: count('From 0.'), expert: count('From 0.'), reason: z.string().describe('Why it was protected.'), act: z.string(), by: z.string().describe('What took it away.') })),
    reason: z.string(),
    evidence,
    changeId: z.uuid().nullable(),
    at: instant,
    by: z.string().describe('Account.'),
    byName: z.string(),
    reviewDueAt: instant.nullable().describe('Of an emergency.'),
    isOverdue: z.boolean(),
    review: review.nullable(),
  })
  .meta({ id: 'ProtectionOverrideRecord', description: 'A time that protected experts were taken away all the same.' });
export const overridesSchema = pageOf(overrideSchema, 'ProtectionOverrides');
export const overrideReviewBody = z
  .strictObject({ verdict: z.enum(['confirmed', 'to-revert'], 'give confirmed or to-revert'), note: z.string('say what you found').min(10, 'say in at least 10 characters what you found').max(MAX_REASON, `give at most ${MAX_REASON} characters`) })
  .meta({ id: 'OverrideReviewRequest' });
