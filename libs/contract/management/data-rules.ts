import { z } from 'zod';
import { RULE_LIMITS } from '#libs/governance/data-rules/check-rules';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';
import { protectionOverride } from './protection.ts';

const LABEL = `give 1 to ${RULE_LIMITS.labelCharacters} letters, digits or _ . : -`;
const labels = (what: string) =>
  z
    .array(z.string().regex(/^[\w.:-]{1,64}$/, LABEL))
    .min(1, 'leave it out to match any label, or name one')
    .max(RULE_LIMITS.listEntries, `give at most ${RULE_LIMITS.listEntries}`)
    .optional()
    .describe(`Matches a request whose ${what} is one of these; any where left out.`);

const ruleFields = {
  id: z.string().regex(/^[A-Za-z0-9][\w.:-]{0,63}$/, 'give 1 to 64 letters, digits or _ . : -, a letter or digit first').describe('Unique in the rule set. Named in traces and refusals.'),
  expert: z
    .string()
    .regex(/^(expert\/\d{1,5}\/\d{1,5}|sha256:[0-9a-f]{64})$/, 'give expert/<layer>/<index>, or sha256: and 64 hexadecimal digits')
    .describe('A place of the model, or a component version, which is followed into any release that holds it.'),
  effect: z
    .enum(['allow-only', 'deny'], 'give allow-only or deny')
    .describe('allow-only: the expert serves only requests that match every list given; a label that a request lacks matches none. deny: it never serves those.'),
  tenants: labels('tenant'),
  regions: labels('`metadata.region`'),
  dataClasses: labels('`metadata.data_class`'),
  licences: labels('`metadata.licence`'),
  note: z.string().max(RULE_LIMITS.noteCharacters).optional().describe('Why the rule is there.'),
};
const ABOUT_RULE = 'Says which requests an expert may serve. Where several rules name an expert, each of them must let it serve.';
const ruleSchema = z.object(ruleFields).meta({ id: 'DataRule', description: ABOUT_RULE });
const newRuleSchema = z.strictObject(ruleFields).meta({ id: 'NewDataRule', description: ABOUT_RULE });

const warningSchema = z
  .object({
    reason: z.enum(['no-expert-left', 'too-few-experts', 'allows-all', 'denies-all']),
    tenant: z.string().nullable().describe('null: requests of a tenant that no rule names, or of none.'),
    layer: count('The layer concerned, from 0.').nullable(),
    rules: z.array(z.string()),
    message: z.string(),
  })
  .meta({ id: 'DataRuleWarning', description: 'What is allowed but hardly meant, told of the stable release.' });

const ruleSet = {
  model: modelName,
  generation: count('From 1; the highest is in force. 0: the model has no rules. Also the ETag.'),
  digest: sha256.nullable().describe('SHA-256 of the canonical JSON of {format, model, generation, rules}; recorded with every request it held for.'),
  rules: z.array(ruleSchema),
  writtenAt: instant.nullable(),
  writtenBy: z.string().nullable().describe('Account that wrote it.'),
};

export const dataRulesParams = z.object({ model: modelName });
export const dataRulesSchema = z.object({ ...ruleSet, warnings: z.array(warningSchema) }).meta({ id: 'DataRules', description: 'Which requests may use which experts of a model.' });
export const dataRulesHeaders = z.object({
  'if-match': z
    .string('give If-Match with the generation you saw, such as "3", from the ETag of GET')
    .regex(/^"(0|[1-9]\d{0,8})"$/, 'give the generation in double quotes, such as "3", from the ETag of GET')
    .describe('The generation you saw, quoted. "0" when the model has no rules yet.'),
});
const rules = z.array(newRuleSchema).max(RULE_LIMITS.rules, `give at most ${RULE_LIMITS.rules} rules`);
export const dataRulesBody = z
  .strictObject({
    rules: rules.describe('All rules of the next generation; an empty list lifts them all.'),
    reason: z.string().min(1).max(500).optional().describe('Why, for the audit log.'),
    override: protectionOverride.optional().describe('For rules that keep a protected expert from requests.'),
  })
  .meta({ id: 'DataRulesRequest' });

export const dataRulesHistoryQuery = z.object(pageQuery);
export const dataRulesHistorySchema = pageOf(z.object({ ...ruleSet, digest: sha256, writtenAt: instant, writtenBy: z.string() }).meta({ id: 'DataRulesGeneration' }), 'DataRulesGenerations');

const label = z.string().regex(/^[\w.:-]{0,64}$/, `${LABEL}, or leave it out`).default('');
export const dataRulesCheckBody = z
  .strictObject({
    labels: z.strictObject({ tenant: label, region: label, dataClass: label, licence: label }).describe('As a request would carry them; empty or left out where it would not.'),
    release: sha256.optional().describe('Only on this release; unless given, on all that are activated for the model.'),
    rules: rules.optional().describe('Rules to try; unless given, those in force.'),
  })
  .meta({ id: 'DataRulesCheckRequest' });

const checkedRelease = z
  .object({
    releaseId: sha256,
    outcome: z.enum(['unrestricted', 'masked', 'no-expert-left']).describe('no-expert-left: such a request is refused with 403.'),
    masked: z.array(z.object({ expert: z.string().describe('expert/<layer>/<index>'), sha256, rules: z.array(z.string()).describe('Rules that keep it from serving.') })),
    tooFew: z.array(z.int().describe('A layer, from 0.')).describe('Layers in which fewer than topK experts are left, so that fewer serve.'),
    refused: z.object({ layer: count('The first layer without an expert.'), rules: z.array(z.string()) }).nullable(),
  })
  .meta({ id: 'CheckedRelease' });
export const dataRulesCheckSchema = z
  .object({
    model: modelName,
    generation: count('In force; 0 where there are no rules.'),
    digest: sha256.nullable().describe('Of the rules in force; null where there are none, or others were tried.'),
    releases: z.array(checkedRelease),
    warnings: z.array(warningSchema),
  })
  .meta({ id: 'DataRulesCheck' });
