import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

const MAX_SLICE_EXPERTS = 256;
const MAX_REASON = 1000;

const shareOf = (of: string) => z.number('give a number from 0 to 1').min(0, 'give a number from 0 to 1').max(1, 'give a number from 0 to 1').describe(`Share of ${of}, 0 to 1.`);
const label = z.string().max(256, 'give at most 256 characters');
const reason = z.string().min(1, 'say why in a few words, or leave it out').max(MAX_REASON, `give at most ${MAX_REASON} characters`).optional().describe('Why, for the audit log.');

const segmentScope = z
  .strictObject({ tenant: label.optional(), task: label.optional(), language: label.optional() })
  .describe('Only requests with these labels; one that is absent or empty matches any.');
const routeSlice = z.strictObject({
  experts: z
    .array(z.string().regex(/^expert\/(0|[1-9]\d{0,4})\/(0|[1-9]\d{0,4})$/, 'give names such as expert/3/5'))
    .min(1, 'name at least one expert')
    .max(MAX_SLICE_EXPERTS, `name at most ${MAX_SLICE_EXPERTS} experts`)
    .describe('Experts concerned, such as expert/3/5.'),
  minShare: z.number().gt(0, 'give a number above 0').max(1, 'give a number of at most 1').describe("Least share of the prompt's decisions, in the layers of these experts, that the stable release sends to one of them."),
});

export const canarySchema = z
  .object({
    releaseId: sha256,
    share: shareOf('the requests in scope'),
    stickyBy: z.enum(['key', 'session', 'request']).describe('What stays on one side: all requests of an account, of a session (`metadata.session`, else `user`), or none.'),
    scope: z.object({ segment: segmentScope.nullable(), routeSlice: routeSlice.nullable() }),
    salt: z.string().describe('Drawn anew for each canary, so that the same callers are not always the first.'),
  })
  .meta({ id: 'Canary' });
export const shadowSchema = z.object({ releaseId: sha256, share: shareOf('answered requests that also run on the shadow') }).meta({ id: 'Shadow' });

const desired = {
  model: modelName,
  releaseId: sha256.nullable().describe('The stable release; null when none is activated.'),
  previousRelease: sha256.nullable().describe('What a rollback goes to; null when there is nothing to go back to.'),
  canary: canarySchema.nullable(),
  shadow: shadowSchema.nullable(),
  generation: count('Grows by one with each write; also the ETag.'),
  activatedAt: instant.nullable().describe('Of the last write.'),
};

export const desiredSchema = z.object(desired).meta({ id: 'Activation', description: 'What shall answer for a model.' });
export const modelsQuery = z.object(pageQuery);
export const modelsSchema = pageOf(desiredSchema, 'Models');
export const modelParams = z.object({ model: modelName });

const role = sha256.nullable();
const observedFields = {
  observedGeneration: count('Generation that this process last took; 0 before its first.'),
  state: z.enum(['ready', 'loading', 'failed']).describe('Towards the newest generation it knows. `failed`: a release of it does not load; what was there before goes on serving.'),
  detail: z.string().nullable().describe('Why it failed.'),
  stable: role.describe('Release that answers here.'),
  canary: role,
  shadow: role,
  resident: z.array(sha256).describe('Releases in memory.'),
};
const processFields = {
  processId: z.uuid(),
  host: z.string(),
  pid: z.int().describe('Process id on its host.'),
  version: z.string(),
  startedAt: instant,
  lastSeenAt: instant,
  status: z.enum(['live', 'unreachable']).describe('`unreachable`: nothing was heard of it for a while.'),
};
export const activationSchema = z
  .object({
    ...desired,
    converged: z.boolean().describe('Every live process has taken the newest generation, all of its releases loaded; false where none is live.'),
    observed: z.array(z.object({ ...processFields, ...observedFields })).describe('By inference process.'),
  })
  .meta({ id: 'ObservedActivation', description: 'What shall answer for a model, and what does.' });

export const processesQuery = z.object(pageQuery);
export const processesSchema = pageOf(
  z.object({ ...processFields, models: z.array(z.object({ model: modelName, ...observedFields })) }).meta({ id: 'InferenceProcess' }),
  'InferenceProcesses',
);

const GENERATION = /^"(0|[1-9]\d{0,15})"$/;
const WRONG_GENERATION = 'give the generation in double quotes, such as "3", from the ETag of GET';
export const activationHeaders = z.object({
  'if-match': z
    .string('give If-Match with the generation you saw, such as "3", from the ETag of GET')
    .regex(GENERATION, WRONG_GENERATION)
    .describe('The generation you saw, quoted. "0" when the model has no activation yet.'),
});
/** For ways back, which must work without reading first. */
export const wayBackHeaders = z.object({ 'if-match': z.string().regex(GENERATION, WRONG_GENERATION).optional().describe('The generation you saw, quoted; may be left out.') });

export const activateBody = z.strictObject({ release: sha256.describe('Id of the release that shall answer.'), reason }).meta({ id: 'ActivationRequest' });
export const canaryBody = z
  .strictObject({
    release: sha256.describe('Id of the release that shall answer a share.'),
    share: shareOf('the requests in scope'),
    stickyBy: z.enum(['key', 'session', 'request'], 'give key, session or request').default('key').describe('What stays on one side.'),
    segment: segmentScope.optional(),
    routeSlice: routeSlice.optional().describe('Only requests whose prompt goes to these experts. Costs each drawn request a run of its prompt on the stable release.'),
    reason,
  })
  .meta({ id: 'CanaryRequest' });
export const shareBody = z.strictObject({ share: shareOf('the requests in scope'), reason }).meta({ id: 'CanaryShareRequest' });
export const shadowBody = z
  .strictObject({ release: sha256.describe('Id of the release that shall run unseen.'), share: shareOf('answered requests that also run on the shadow'), reason })
  .meta({ id: 'ShadowRequest' });
export const reasonBody = z.strictObject({ reason }).meta({ id: 'ReasonRequest' });
export const rollbackBody = z
  .strictObject({
    part: z.enum(['routers', 'experts'], 'give routers or experts').optional().describe('Only the routers (with the routing settings) or only the experts of the release before, where they fit what stays. All of it when left out.'),
    reason,
  })
  .meta({ id: 'RollbackRequest' });

export const historyQuery = z.object({ at: instant.optional().describe('Only what was done until then: the first item tells what was activated at that time.'), ...pageQuery });
const eventState = z
  .object({ releaseId: sha256, previousRelease: sha256.nullable(), canary: canarySchema.nullable(), shadow: shadowSchema.nullable(), generation: count('Of this state.') })
  .meta({ id: 'ActivationState' });
export const historySchema = pageOf(
  z
    .object({
      generation: count('That the command made.'),
      at: instant,
      command: z.string().describe('Such as activate, promote, rollback, recall.'),
      actor: z.string().describe('The account.'),
      actorName: z.string(),
      cause: z.string().describe('direct, approved-change or approved-rollout.'),
      reason: z.string().nullable(),
      before: eventState.nullable(),
      after: eventState.nullable().describe('null where the model was stopped.'),
    })
    .meta({ id: 'ActivationEvent' }),
  'ActivationHistory',
);
