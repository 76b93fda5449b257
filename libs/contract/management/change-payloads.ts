import { z } from 'zod';
import { canaryBody, canarySchema } from './activation.ts';
import { modelName, sha256 } from './common.ts';
import { dataRulesBody } from './data-rules.ts';
import { cardBody, componentName } from './registry.ts';
import { rolloutPlanSchema } from './rollouts.ts';
import { routingFields } from './routing-settings.ts';

const MAX_REPLACEMENTS = 10_000;
const scope = canarySchema.shape.scope.default({ segment: null, routeSlice: null });
const stickyBy = canaryBody.shape.stickyBy;
/** The change gives model and candidate. */
const rolloutPlan = rolloutPlanSchema.omit({ model: true, candidate: true });

const strategy = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('at-once') }),
    z.strictObject({ kind: z.literal('canary'), share: canaryBody.shape.share, stickyBy, scope }),
    z.strictObject({ kind: z.literal('rollout'), plan: rolloutPlan }),
  ])
  .default({ kind: 'at-once' })
  .describe('How the release comes to answer: at once, as a canary that is promoted or aborted later, or by a guarded rollout.');

const model = modelName.describe('The model concerned.');
const replace = z
  .array(z.strictObject({ component: componentName, sha256: sha256.describe('Version to take its place.') }), 'give a list of components and versions')
  .min(1, 'name at least one component')
  .max(MAX_REPLACEMENTS, `name at most ${MAX_REPLACEMENTS} components`);
const releaseId = sha256.describe('Release that shall answer.');

const limitFields = {
  approvalHours: z.int('give whole hours').min(1, 'give at least 1').max(8760, 'give at most 8760').describe('An approval counts for this many hours.'),
  changeDays: z.int('give whole days').min(1, 'give at least 1').max(365, 'give at most 365').describe('A request that has not ended after this many days expires.'),
  reviewHours: z.int('give whole hours').min(24, 'give 24 to 48').max(48, 'give 24 to 48').describe('A broken glass must be reviewed within this many hours.'),
  breakGlassHours: z.int('give whole hours').min(1, 'give at least 1').max(168, 'give at most 168').describe('Longest time limit of a broken glass, hours.'),
};
export const limitsBody = z.strictObject(limitFields);
export const limitsSchema = z.object(limitFields).meta({ id: 'ChangeLimits' });
export const policiesText = z.string('give the policies in Cedar').min(1, 'give the policies in Cedar').max(200_000, 'give at most 200,000 characters').describe('Policies in Cedar; each has an @id. deploy/policies/default.cedar is a start.');
export const governanceModeSchema = z.enum(['open', 'required'], 'give open or required').describe('open: operators change what serves directly. required: only approved change requests lead forward.');

/** What a change request asks for, by its type. */
export const payloadSchema = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('add-expert'), model, releaseId, strategy }).describe('A release of the same shape but more experts in each layer.'),
      z.strictObject({ type: z.literal('replace-expert'), model, replace, strategy }).describe('Other versions of some experts of the stable release.'),
      z.strictObject({ type: z.literal('retire-expert'), model, experts: z.array(componentName).min(1, 'name at least one expert').max(500, 'name at most 500 experts') }).describe('A data rule that keeps every request from them.'),
      z.strictObject({ type: z.literal('rescope-expert'), model, sha256: sha256.describe('The version.'), card: cardBody }).describe('Another card.'),
      z.strictObject({ type: z.literal('change-router'), model, replace, strategy }).describe('Other versions of some routers of the stable release.'),
      z
        .strictObject({
          type: z.literal('change-routing-settings'),
          model,
          settings: z.looseObject(routingFields).describe('Settings of docs/routing.md; those left out stay. What the engine cannot do is refused by name.'),
          strategy,
        })
        .describe('Other routing settings.'),
      z.strictObject({ type: z.literal('change-data-rules'), model, rules: dataRulesBody.shape.rules }).describe('Other data-handling rules.'),
      z.strictObject({ type: z.literal('activate'), model, releaseId, strategy }).describe('Another release.'),
      z.strictObject({ type: z.literal('recall'), model, sha256: sha256.describe('The version to withdraw everywhere.'), reason: z.string('say why').min(1, 'say why').max(1000, 'give at most 1000 characters') }).describe('Withdraw a component version.'),
      z.strictObject({ type: z.literal('change-policy'), policies: policiesText, limits: limitsBody }).describe('Another change policy.'),
      z.strictObject({ type: z.literal('set-governance'), model, mode: governanceModeSchema }).describe('Whether the model changes only by approved requests.'),
    ],
    'give a type, such as replace-expert or activate',
  )
  .meta({ id: 'ChangePayload' });
