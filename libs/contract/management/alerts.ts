import { z } from 'zod';
import { SEVERITIES } from '#libs/alerting/rule/rule';
import { SIGNALS } from '#libs/detection/reading/reading';
import { count, figure, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

const DAY_MS = 86_400_000;
/** Control characters and halves of surrogate pairs are refused by the database, or garble a terminal; line breaks and tabs are text. */
const PRINTABLE = /^(?:[^\p{Cc}\p{Cs}]|[\t\n\r])*$/u;
const text = (what: string, max: number) => z.string(`give ${what}`).min(1, `give ${what}`).max(max, `give at most ${max} characters`).regex(PRINTABLE, 'give it without control characters');
const severity = z.enum(SEVERITIES, `give ${SEVERITIES.join(', ')}`);
const signal = z.enum(SIGNALS, `give one of ${SIGNALS.join(', ')}`);
const STATES = ['normal', 'pending', 'alerting', 'recovering', 'no-data', 'error'] as const;
const state = z.enum(STATES, `give one of ${STATES.join(', ')}`);
const labelName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'give 1 to 64 letters, digits or _, not starting with a digit');
const labelValue = z.string().max(256, 'give at most 256 characters').regex(/^[^\p{Cc}\p{Cs}]*$/u, 'give it without control characters');
const labels = (max: number, of: z.ZodType<string> = labelValue) => z.record(labelName, of).refine((all) => Object.keys(all).length <= max, `give at most ${max}`);
const shownLabels = z.record(z.string(), z.string());
const duration = (what: string, min: number, maxDays: number) => z.int('give whole milliseconds').min(min, `give at least ${min} ms`).max(maxDays * DAY_MS, `give at most ${maxDays} days`).describe(`${what}, milliseconds.`);
const ifMatch = z
  .string('give If-Match with the generation you saw, such as "3", from the ETag of GET')
  .regex(/^"(0|[1-9]\d{0,8})"$/, 'give the generation in double quotes, such as "3", from the ETag of GET')
  .describe('The generation you saw, quoted.');
export const alertGenerationHeaders = z.object({ 'if-match': ifMatch });

const oneValue = { label: labelName, is: z.enum(['equal', 'not-equal']), value: labelValue };
const someValues = { label: labelName, is: z.enum(['one-of', 'none-of']), values: z.array(labelValue).min(1, 'give a value').max(100, 'give at most 100') };
const MATCHER = 'Picks by one label: rule, signal, severity, and those of the reading. A label that is missing counts as empty.';
const matcherBody = z
  .discriminatedUnion('is', [z.strictObject(oneValue), z.strictObject(someValues)], 'give is: equal or not-equal with a value, one-of or none-of with values')
  .meta({ id: 'AlertMatcherRequest', description: MATCHER });
const matchers = z.array(matcherBody).max(20, 'give at most 20');
const shownMatchers = z.array(z.discriminatedUnion('is', [z.object(oneValue), z.object(someValues)]).meta({ id: 'AlertMatcher', description: MATCHER }));
const someMatchers = matchers.min(1, 'give a matcher: none would match nothing');

const timingFields = {
  forMs: duration('How long the condition must hold before it fires', 0, 7),
  keepFiringForMs: duration('How long it goes on firing after the condition was last seen', 0, 7),
  noDataAfterMs: duration('Without a reading for this long it fires as no-data', 1000, 365),
};
const timingBody = z.strictObject(timingFields).meta({ id: 'AlertTimingRequest' });
const timingSchema = z.object(timingFields).meta({ id: 'AlertTiming' });
const limitFields = {
  severity,
  is: z.enum(['above', 'below'], 'give above or below'),
  limit: z.number('give a number').describe('In the unit of the signal.'),
};
const limitBy = z.enum(['value', 'interval'], 'give value or interval').describe('interval: all of the 95 % interval must lie beyond the limit.');
const limitBody = z.strictObject({ ...limitFields, by: limitBy.default('value') }).meta({ id: 'AlertLimitRequest' });
const limitSchema = z.object({ ...limitFields, by: limitBy }).meta({ id: 'AlertLimit' });
const actionSchema = z.strictObject({ kind: z.enum(['abort-canary', 'open-rollback-request'], 'give abort-canary or open-rollback-request') });

const RULE_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const ruleId = z.string().regex(RULE_ID, 'give 1 to 64 lower-case letters, digits or -');
const ruleFields = {
  name: text('a name', 100),
  signal,
  matchers: matchers.default([]).describe('Readings that it is about, by their labels; none: all of the signal.'),
  limits: z.array(limitBody).min(1, 'give a limit').max(6, 'give at most 6').describe('The highest severity whose limit is crossed counts, if the test of the signal, where it has one, alarms too.'),
  timing: timingBody.default({ forMs: 0, keepFiringForMs: 300_000, noDataAfterMs: DAY_MS }),
  labels: labels(20).default({}).describe('Added to those of the reading; not rule, signal or severity.'),
  annotations: labels(20, z.string().max(2000, 'give at most 2000 characters').regex(PRINTABLE, 'give it without control characters')).default({}).describe('Text for people: summary, description, runbook.'),
  actions: z.array(actionSchema).max(2).default([]).describe('Done by the house itself, once in each episode.'),
  enabled: z.boolean().default(true),
};
export const ruleBody = z.strictObject({ id: ruleId.optional().describe('Made up when left out.'), ...ruleFields }).meta({ id: 'AlertRuleRequest' });
export const ruleEditBody = z.strictObject(ruleFields).meta({ id: 'AlertRuleEdit' });
export const ruleParams = z.object({ ruleId });
export const ruleSchema = z
  .object({ id: z.string(), ...ruleFields, matchers: shownMatchers, limits: z.array(limitSchema), timing: timingSchema, actions: z.array(z.object({ kind: z.enum(['abort-canary', 'open-rollback-request']) })), generation: count('Also the ETag.'), updatedBy: z.string(), updatedAt: instant })
  .meta({ id: 'AlertRule' });
export const rulesQuery = z.object(pageQuery);
const listedRule = ruleSchema
  .extend({ lastFiredAt: instant.nullable().describe('When an episode of it began last; null: never, as far as the history goes.'), firing: count('Episodes of it that go on.') })
  .meta({ id: 'ListedAlertRule' });
export const rulesSchema = pageOf(listedRule, 'AlertRules');

export const rulePreviewBody = z
  .strictObject({
    rule: z.strictObject(ruleFields),
    from: instant.optional().describe('A day before the end when left out.'),
    to: instant.optional().describe('Now when left out.'),
  })
  .meta({ id: 'AlertRulePreviewRequest' });
const previewedEpisode = z.object({
  labels: shownLabels, startedAt: instant, endedAt: instant.nullable().describe('null: still firing at the end.'), beganAs: z.enum(['alerting', 'no-data', 'error']),
  severity: severity.nullable(), peakValue: z.number().nullable(),
});
export const rulePreviewSchema = z
  .object({ episodes: z.array(previewedEpisode), readings: count('Recorded readings that were replayed: one a minute of each label set.'), truncated: z.boolean().describe('Only the newest part of the time was replayed, or not all episodes are shown: narrow the time or the rule.') })
  .meta({ id: 'AlertRulePreview' });

const findingSchema = z
  .object({
    summary: z.string().describe('In plain words.'), signal: z.string(), model: z.string().nullable(), release: z.string().nullable(), releaseShort: z.string().nullable(), layer: z.int().describe('From 0.').nullable(),
    experts: z.array(z.object({ expert: z.int(), share: z.number().nullable(), baselineShare: z.number().nullable(), eValue: z.number().nullable() })),
    segment: shownLabels.nullable(), since: instant.describe('About when it began.'),
    effect: z.object({ value: z.number().nullable(), unit: z.string(), low: z.number().nullable(), high: z.number().nullable() }).describe('With its 95 % interval.'),
    evidence: z.number().nullable().describe('e-value or wealth behind the alarm.'), baselineId: z.string().nullable(), requests: z.number().nullable(),
    changes: z.array(z.object({ kind: z.enum(['activation', 'data-rules']), at: instant, what: z.string(), by: z.string(), release: z.string().nullable() })).describe('Within the hour before, newest first.'),
    exampleRequestIds: z.array(z.string()),
    wayBack: z.object({ kind: z.enum(['rollback', 'abort-canary']), method: z.literal('POST'), path: z.string(), body: z.record(z.string(), z.unknown()), command: z.string(), to: z.string() }).nullable().describe('What would undo it.'),
    wayBackReason: z.string().describe('Why there is or is no way back, by name.'),
  })
  .meta({ id: 'AlertFinding' });
const acknowledgement = z.object({ by: z.string(), byName: z.string(), at: instant, note: z.string().nullable() }).nullable();
const mutedSchema = z.object({ reason: z.enum(['silenced', 'inhibited']), silenceId: z.string().nullable(), by: shownLabels.nullable() }).nullable().describe('Why receivers are not told of it now.');
const shown = {
  rule: z.object({ id: z.string(), name: z.string() }), signal: z.string(), labels: shownLabels.describe('With rule, signal and severity.'), severity,
};
const actionStateSchema = z.object({ kind: z.string(), state: z.enum(['requested', 'done', 'refused', 'failed']), requestedAt: instant, endedAt: instant.nullable(), outcome: z.record(z.string(), z.unknown()).nullable() });
const alertFields = {
  id: sha256.describe('Of rule and labels: the same in all episodes.'), ...shown, state, since: instant.describe('When it came into this state.'), value: z.number().nullable().describe('Of the newest reading.'), reason: z.string(),
  episode: count('Times that it fired.'), fingerprint: sha256.nullable().describe('Of the newest episode: what receivers tell repeats apart by.'), startedAt: instant.nullable(), acknowledged: acknowledgement, muted: mutedSchema,
};
export const alertSchema = z.object(alertFields).meta({ id: 'Alert' });
export const alertDetailSchema = z
  .object({ ...alertFields, endedAt: instant.nullable(), finding: findingSchema.nullable(), actions: z.array(actionStateSchema), notifications: count('Sent in the newest episode.') })
  .meta({ id: 'AlertDetail' });
export const alertsQuery = z.object({
  state: state.optional().describe('Only in this state. All but normal ones when left out.'),
  model: modelName.optional().describe('Only of this model.'), signal: signal.optional().describe('Only of this signal.'), severity: severity.optional().describe('Only of this severity.'), ...pageQuery,
});
export const alertsSchema = pageOf(alertSchema, 'Alerts');
export const alertParams = z.object({ alertId: sha256 });

export const episodeSchema = z
  .object({
    fingerprint: sha256, alertId: sha256, episode: count('From 1, of its alert.'), ...shown, beganAs: state, startedAt: instant, endedAt: instant.nullable(), acknowledged: acknowledgement, notifications: count('Notifications that named it.'),
    finding: findingSchema.nullable(),
  })
  .meta({ id: 'AlertEpisode' });
export const episodesQuery = z.object({
  model: modelName.optional().describe('Only of this model.'), signal: signal.optional().describe('Only of this signal.'), rule: ruleId.optional().describe('Only of this rule.'),
  alert: sha256.optional().describe('Only of this alert.'), severity: severity.optional().describe('Only of this severity.'), ...pageQuery });
export const episodesSchema = pageOf(episodeSchema, 'AlertEpisodes');
export const acknowledgeBody = z.strictObject({ note: text('a note', 1000).optional() }).meta({ id: 'AcknowledgeRequest' });

export const silenceBody = z
  .strictObject({ matchers: someMatchers, comment: text('a comment: why', 1000), from: instant.optional().describe('Now when left out.'), to: instant.describe('Its end, exclusive; at most 366 days after its beginning.') })
  .meta({ id: 'SilenceRequest' });
export const silenceSchema = z
  .object({ id: z.uuid(), matchers: shownMatchers, comment: z.string(), from: instant, to: instant, active: z.boolean().describe('Whether it holds now.'), createdBy: z.string(), createdAt: instant, expiredBy: z.string().nullable().describe('Who ended it before its time.') })
  .meta({ id: 'Silence' });
export const silenceParams = z.object({ silenceId: z.uuid('give an id as the API returned it') });
export const silencesQuery = z.object({ live: z.enum(['true', 'false'], 'give true or false').default('false').describe('true: only those that have not ended.'), ...pageQuery });
export const silencesSchema = pageOf(silenceSchema, 'Silences');
export const silencePreviewBody = z.strictObject({ matchers: someMatchers }).meta({ id: 'SilencePreviewRequest' });
export const silencePreviewSchema = z.object({ total: count('Alerts that fire now and that it would silence.'), alerts: z.array(alertSchema).describe('At most 200 of them.') }).meta({ id: 'SilencePreview' });

const receiverIds = z.array(z.uuid('give the id of a receiver')).max(20, 'give at most 20');
const groupBy = z.array(labelName).max(10, 'give at most 10 labels');
const groupTimingFields = {
  groupWaitMs: duration('A new group waits this long for others to join', 0, 1), groupIntervalMs: duration('News of a group comes at most this often', 0, 1), repeatIntervalMs: duration('A group without news is told of again after this long', 1000, 365),
};
const groupTiming = z.strictObject(groupTimingFields).meta({ id: 'GroupTimingRequest' });
const shownTiming = z.object(groupTimingFields).meta({ id: 'GroupTiming' });
const partName = text('a name', 60);
export const notificationPolicyBody = z
  .strictObject({
    receivers: receiverIds.describe('Told of alerts that no route takes.'),
    groupBy: groupBy.default(['model', 'release', 'signal']), timing: groupTiming.default({ groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 }),
    routes: z.array(z.strictObject({
      name: partName.describe('Unique. With another name its groups begin anew.'), matchers: matchers.describe('None: all alerts.'), receivers: receiverIds, groupBy: groupBy.nullable().default(null).describe('null: that of the policy.'),
      timing: groupTiming.nullable().default(null).describe('null: that of the policy.'), continues: z.boolean().default(false).describe('Whether routes after it are looked at too.'),
    })).max(100, 'give at most 100').default([]).describe('In order: the first that matches takes an alert.'),
    inhibitions: z.array(z.strictObject({ source: someMatchers, target: someMatchers, equal: groupBy })).max(50, 'give at most 50').optional().describe('While a source fires, targets that agree with it are not told of. Those that ship when left out.'),
    escalations: z.array(z.strictObject({ name: partName.describe('Unique.'), matchers, afterMs: duration('Fires for so long without acknowledgement', 1000, 30), receivers: receiverIds.min(1, 'give a receiver') })).max(20, 'give at most 20').default([]),
    watchdogRepeatMs: duration('How often the Watchdog is told of', 1000, 1).default(300_000),
  })
  .meta({ id: 'NotificationPolicyRequest' });
export const notificationPolicySchema = z
  .object({
    receivers: receiverIds, groupBy, timing: shownTiming,
    routes: z.array(z.object({ name: z.string(), matchers: shownMatchers, receivers: receiverIds, groupBy: groupBy.nullable(), timing: shownTiming.nullable(), continues: z.boolean() })),
    inhibitions: z.array(z.object({ source: shownMatchers, target: shownMatchers, equal: groupBy })),
    escalations: z.array(z.object({ name: z.string(), matchers: shownMatchers, afterMs: figure('Milliseconds.'), receivers: receiverIds })),
    watchdogRepeatMs: figure('Milliseconds.'), generation: count('0: the one that ships. Also the ETag.'), updatedBy: z.string().nullable(), updatedAt: instant.nullable(),
  })
  .meta({ id: 'NotificationPolicy' });
