import { z } from 'zod';
import { RECEIVER_KINDS } from '#libs/alerting/receiver/receiver';
import { count, instant, pageOf, pageQuery, sha256 } from './common.ts';

const MAX_URL = 2000;
const DEFAULT_FIRING_SECONDS = 18_000;

const uuid = z.uuid('give an id as the API returned it');
const name = z.string('give a name').regex(/^[^\p{C}]{1,100}$/u, 'give 1 to 100 visible characters').describe('Unique among receivers.');
const webUrl = (what: string) =>
  z
    .string(`give ${what}`)
    .max(MAX_URL, `give at most ${MAX_URL} characters`)
    .refine((text) => URL.canParse(text) && ['https:', 'http:'].includes(new URL(text).protocol), `give ${what}, beginning with https://`)
    .refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''), 'give it without a name and password: those are secrets');
const secretText = (what: string, pattern: RegExp) => z.string(`give ${what}`).regex(pattern, `give ${what}`).optional().describe('Secret: never shown again. Left out in a change, it stays.');
const line = (what: string, max: number) => z.string(`give ${what}`).regex(new RegExp(`^[^\\p{C}]{1,${max}}$`, 'u'), `give ${what} of at most ${max} characters`);
const authorization = secretText('a value for the Authorization header', /^[\x20-\x7e]{1,2000}$/);
const address = z.email('give an e-mail address').max(254, 'give at most 254 characters');

const targetSchema = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({ kind: z.literal('webhook'), url: webUrl('an address').describe('Shown to readers: it is no place for secrets.') }),
      z.strictObject({ kind: z.literal('alertmanager-webhook'), url: webUrl('an address'), authorization }),
      z.strictObject({
        kind: z.literal('alertmanager'), url: webUrl('the base address of an Alertmanager'), authorization,
        firingForSeconds: z.int('give a number of seconds').min(60, 'give 60 to 604800').max(604_800, 'give 60 to 604800').default(DEFAULT_FIRING_SECONDS).describe('An alert that is not sent again ends this long after: longer than the repeat interval of the notification policy.'),
      }),
      z.strictObject({ kind: z.literal('slack'), webhookUrl: webUrl('the address of an incoming webhook').optional().describe('Secret: never shown again. Left out in a change, it stays.') }),
      z.strictObject({
        kind: z.literal('pagerduty'), routingKey: secretText('the integration key of the Events API v2', /^[A-Za-z0-9]{16,64}$/),
        source: line('a source', 200).default('signalbox').describe('What PagerDuty shows as the source.'),
        url: webUrl('the address of the Events API').default('https://events.pagerduty.com/v2/enqueue'),
      }),
      z.strictObject({
        kind: z.literal('email'), host: z.string('give a host').regex(/^[A-Za-z0-9.:[\]-]{1,253}$/, 'give the name or address of the mail server'), port: z.int('give a port').min(1, 'give 1 to 65535').max(65_535, 'give 1 to 65535').default(587).describe('Port of the mail server.'),
        security: z.enum(['tls', 'starttls', 'none'], 'give tls, starttls or none').default('starttls').describe('`none` only towards hosts that SIGNALBOX_RECEIVER_ALLOW names.'),
        username: line('a user name', 200).optional(), password: secretText('a password', /^[^\p{C}]{1,1000}$/u),
        from: address, to: z.array(address, 'give a list of addresses').min(1, 'give 1 to 50 addresses').max(50, 'give 1 to 50 addresses'),
      }),
    ],
    `give a kind: ${RECEIVER_KINDS.join(', ')}`,
  )
  .meta({ id: 'ReceiverTarget', description: 'Where notifications go. Fields that are secret are taken, but never shown.' });
export type ReceiverTarget = z.output<typeof targetSchema>;

export const receiverBody = z.strictObject({ name, target: targetSchema }).meta({ id: 'ReceiverRequest' });
export const receiverChangeBody = z.strictObject({ name, target: targetSchema, disabled: z.boolean('give true or false').optional().describe('Switches it off; POST .../enable switches it on. What is for it meanwhile becomes dead letters.') }).meta({ id: 'ReceiverChange' });
export const receiverParams = z.object({ receiverId: uuid.describe('Id of the receiver.') });
export const rotateBody = z.strictObject({ overlapSeconds: z.int('give a number of seconds').min(0, 'give 0 to 604800').max(604_800, 'give 0 to 604800').default(86_400).describe('How long the secret before also signs.') }).meta({ id: 'SecretRotation' });

const settingsSchema = z
  .object({
    url: z.string().optional(), firingForSeconds: z.int().optional().describe('An alert that is not sent again ends this long after.'), source: z.string().optional(), host: z.string().optional(), port: z.int().optional().describe('Port of the mail server.'), security: z.string().optional(),
    username: z.string().nullable().optional(), from: z.string().optional(), to: z.array(z.string()).optional(),
  })
  .meta({ id: 'ReceiverSettings', description: 'What of a receiver is no secret; which fields there are depends on the kind.' });

export const receiverSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(RECEIVER_KINDS),
    settings: settingsSchema,
    secrets: z.array(z.string()).describe('Names of the secrets that it has.'),
    disabledReason: z.string().nullable().describe('null while it is on; `gone` after it answered 410; `by-hand`.'),
    waiting: count('Notifications that wait to be delivered.'),
    deadLetters: count('Notifications that were given up and are kept.'),
    generation: count('Rises with each change; also the ETag.'),
    createdAt: instant,
    createdBy: z.string(),
    updatedAt: instant,
  })
  .meta({ id: 'Receiver' });
export const receiversQuery = z.object(pageQuery);
export const receiversSchema = pageOf(receiverSchema, 'Receivers');
export const receiverWithSecretSchema = receiverSchema.extend({ secret: z.string().nullable().describe('Signs webhooks; shown only now. null for kinds that we do not sign for.') }).meta({ id: 'ReceiverWithSecret' });

const attemptSchema = z
  .object({
    at: instant,
    durationMs: count('How long it took.'),
    outcome: z.enum(['delivered', 'retry', 'given-up']),
    reason: z.string().nullable().describe('Why it was not delivered.'),
    status: z.int().nullable().describe('Of HTTP or SMTP; null where there was no answer.'),
    error: z.string().nullable(),
    response: z.string().nullable().describe('Beginning of the answer.'),
  })
  .meta({ id: 'DeliveryAttempt' });
export const testSchema = z.object({ notificationId: z.string(), attempt: attemptSchema }).meta({ id: 'ReceiverTest' });

const STATES = ['waiting', 'testing', 'delivered', 'dead'] as const;
const notificationFields = {
  id: z.string().describe('Also the webhook-id.'),
  receiverId: z.string(),
  groupKey: z.string(),
  groupLabels: z.record(z.string(), z.string()),
  sequence: count('Place within the receiver and group, from 1, without gaps.'),
  reason: z.string(),
  status: z.enum(['firing', 'resolved']),
  state: z.enum(STATES),
  failure: z.string().nullable().describe('Why it is a dead letter.'),
  alerts: count('Alerts that it tells of.'),
  attempts: count('Since it was made or last replayed.'),
  at: instant,
  dueAt: instant.nullable().describe('When it is tried next; null where it has ended.'),
  endedAt: instant.nullable(),
};
const notificationSummary = z.object(notificationFields).meta({ id: 'NotificationSummary' });
export const notificationParams = z.object({ notificationId: uuid.describe('Id of the notification.') });
export const notificationsQuery = z.object({ receiver: uuid.optional().describe('Only those for this receiver.'), state: z.enum(STATES, `give ${STATES.join(', ')}`).optional(), fingerprint: sha256.optional().describe('Only those that tell of this episode of an alert.'), ...pageQuery });
export const notificationsSchema = pageOf(notificationSummary, 'Notifications');
export const notificationSchema = z
  .object({ ...notificationFields, told: z.array(z.record(z.string(), z.unknown())).describe('The alerts as they were told.'), log: z.array(attemptSchema).describe('Every attempt that is kept, oldest first, at most 200.') })
  .meta({ id: 'StoredNotification' });

export const replayBody = z.strictObject({ evenSuperseded: z.boolean('give true or false').default(false).describe('Also where its group has told more since: the receiver would hear what is no longer so.') }).meta({ id: 'Replay' });
export const replayAllBody = z
  .strictObject({ since: instant.describe('Dead letters made since then.'), evenSuperseded: z.boolean('give true or false').default(false), limit: z.int('give a number').min(1, 'give 1 to 1000').max(1000, 'give 1 to 1000').default(1000).describe('Looked at, oldest first.') })
  .meta({ id: 'ReplayMany' });
export const replayedSchema = z.object({ replayed: count('Put back into the outbox.'), superseded: count('Left, because their group has told more since.'), more: z.boolean().describe('Whether there were more than the limit.') }).meta({ id: 'Replayed' });
