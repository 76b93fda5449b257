import { z } from 'zod';
import { modelName } from './common.ts';

const MAX_EXPERTS = 1024;
const MAX_ENTRIES = 10_000;
const count = (name: string) => z.int(`give a whole number of ${name}`);
const layer = count('the layer').min(0, 'give a layer from 0 on').describe('Layer, from 0.');
const expert = count('the expert').min(0, 'give an expert from 0 on').describe('Index in its layer, from 0.');
const positive = (most: number) => z.number('give a number').gt(0, 'give more than 0').max(most, `give at most ${most}`);

const capacity = z
  .strictObject({
    factor: positive(1000).describe('Capacity in multiples of an even share: C = ceil(factor * tokens * topK / experts).'),
    policy: z.enum(['drop', 'reroute', 'pad'], 'give drop, reroute or pad').describe('drop: the expert adds nothing. reroute: the next best with room serves. pad: it serves all the same, and is counted.'),
    scope: z.enum(['request', 'batch'], 'give request or batch').default('request').describe('request: tokens of one sequence, so nothing depends on others. batch: tokens of a step, so answers depend on what shares it.'),
    limits: z
      .array(z.strictObject({ layer, expert, tokens: count('tokens').min(0, 'give at least 0').describe('At most so many in the scope.') }))
      .max(MAX_ENTRIES, `give at most ${MAX_ENTRIES}`)
      .optional()
      .describe('Limits of single experts, which hold where they are below the capacity.'),
  })
  .meta({ id: 'CapacitySettings' });

const quota = z
  .strictObject({
    layer,
    expert,
    tokensPerSecond: positive(1e9).optional().describe('With a burst of one second.'),
    tokensPerBatch: count('tokens').min(0, 'give at least 0').optional().describe('In one step of the engine.'),
    tenant: z.string('give a tenant').min(1, 'give a tenant').max(128, 'give at most 128 characters').optional().describe('Bounds the tokens of this tenant; left out: of all together.'),
  })
  .meta({ id: 'ExpertQuota', description: 'A bound on one expert that depends on other traffic.' });

const fallback = z
  .strictObject({
    ladder: z.array(z.enum(['renormalise', 'next-best', 'generalist', 'dense'], 'give renormalise, next-best, generalist or dense')).min(1, 'give at least one rung').max(4, 'give each rung once').optional().describe('Rungs in the order in which they are tried where an expert cannot serve. Left out: renormalise, next-best.'),
    generalists: z.array(expert).min(1, 'give one for each layer').max(MAX_EXPERTS, `give at most ${MAX_EXPERTS}`).optional().describe('By layer, the expert that serves what should take no risk.'),
    denseModel: modelName.optional().describe('Answers whole requests when this one cannot.'),
    minConfidence: positive(1).optional().describe('Decisions whose largest probability is below this go to the generalist.'),
    coldStart: z.enum(['generalist'], 'give generalist').optional().describe('Requests with labels that the baseline in force has not seen go to the generalists.'),
  })
  .meta({ id: 'FallbackSettings' });

const takesOut = 'null takes it out.';

/** Routing settings to change; what is left out stays. docs/routing.md says what each does. */
export const routingFields = {
  gating: z
    .enum(['softmax-topk', 'switch-top1', 'gshard-top2', 'topk-softmax', 'topk-sigmoid', 'sigmoid-bias', 'noisy-topk', 'two-level', 'expert-choice'], 'give a gating rule of docs/routing.md, such as softmax-topk')
    .optional()
    .describe('Rule by which logits become experts and gates.'),
  topK: count('experts').min(1, 'give at least 1').max(MAX_EXPERTS, `give at most ${MAX_EXPERTS}`).optional().describe('Experts of each token, shared ones included.'),
  normalise: z.boolean('give true or false').optional().describe('Whether the selected gates are divided by their sum.'),
  fallback: fallback.nullable().optional().describe(`What serves where experts cannot; ${takesOut}`),
  selectionGroups: z.strictObject({ groups: count('groups').min(1, 'give at least 1').describe('Groups of neighbours, all of one size.'), keep: count('groups').min(1, 'give at least 1').describe('Groups that take part.') }).nullable().optional().describe(`Of sigmoid-bias and two-level: groups of experts, and how many take part; ${takesOut}`),
  scale: positive(1000).nullable().optional().describe(`Factor on the outputs of routed experts; ${takesOut}`),
  noise: z.strictObject({ deviation: positive(100).describe('Standard deviation, on the scale of the logits.') }).nullable().optional().describe(`Of noisy-topk: standard deviation, drawn by the request's seed; ${takesOut}`),
  sharedExperts: z.array(expert).min(1, 'give at least one').max(MAX_EXPERTS, `give at most ${MAX_EXPERTS}`).nullable().optional().describe(`Experts that serve every token; ${takesOut}`),
  selectionBias: z
    .array(z.array(z.number('give a number').min(-1000, 'give at least -1000').max(1000, 'give at most 1000')).min(1, 'give one number for each expert').max(MAX_EXPERTS, `give at most ${MAX_EXPERTS}`))
    .min(1, 'give a list for each layer')
    .max(MAX_EXPERTS, `give at most ${MAX_EXPERTS}`)
    .nullable()
    .optional()
    .describe(`By layer and expert: added to what experts are chosen by, never to gates; ${takesOut}`),
  capacity: capacity.nullable().optional().describe(`What an expert takes at most; ${takesOut}`),
  quotas: z.array(quota).min(1, 'give at least one').max(MAX_ENTRIES, `give at most ${MAX_ENTRIES}`).nullable().optional().describe(`Bounds on experts over time or in a step; ${takesOut}`),
};
