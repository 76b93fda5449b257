import { z } from 'zod';
import { EVIDENCE_KINDS } from '#libs/governance/change/change-payload';
import { CHANGE_STATES } from '#libs/governance/change/change-request';
import { governanceModeSchema, limitsBody, limitsSchema, payloadSchema, policiesText } from './change-payloads.ts';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

/** Longest content of one item of evidence, characters; what is longer lies elsewhere and is named by its digest. */
export const MAX_EVIDENCE_CHARACTERS = 256 * 1024;

const text = (what: string, max: number) => z.string(`give ${what}`).min(1, `give ${what}`).max(max, `give at most ${max} characters`);
const title = text('a title', 200);
const reason = text('a reason', 10_000).describe('Why, for those who approve.');
const uuid = z.uuid('give an id as the API returned it');

export const changeParams = z.object({ changeId: uuid.describe('Id of the request.') });
export const evidenceParams = z.object({ changeId: uuid, evidenceId: uuid });
const tag = (of: string) =>
  z
    .string(`give If-Match with the ${of} you saw, such as "3", from the ETag of GET`)
    .regex(/^"(0|[1-9]\d{0,8})"$/, `give the ${of} in double quotes, such as "3", from the ETag of GET`)
    .describe(`The ${of} you saw, quoted.`);
export const revisionHeaders = z.object({ 'if-match': tag('revision') });
export const maybeRevisionHeaders = z.object({ 'if-match': tag('revision').optional() });

export const changeBody = z
  .strictObject({ title, reason, change: payloadSchema, supersedes: uuid.optional().describe('A live request that this one replaces once it is submitted.') })
  .meta({ id: 'ChangeRequestBody' });
export const changeEditBody = z.strictObject({ title, reason, change: payloadSchema }).meta({ id: 'ChangeEdit' });
export const changesQuery = z.object({
  model: modelName.optional().describe('Only of this model.'),
  state: z.enum(CHANGE_STATES, `give ${CHANGE_STATES.join(', ')}`).optional().describe('Only in this state.'),
  type: z.string().max(40).optional().describe('Only of this type, such as replace-expert.'),
  author: z.string().max(100).optional().describe('Only by this account.'),
  ...pageQuery,
});
export const evidenceBody = z
  .strictObject({
    kind: z.enum(EVIDENCE_KINDS, `give ${EVIDENCE_KINDS.join(', ')}`),
    title,
    content: z.string().min(1, 'give the content, or a url').max(MAX_EVIDENCE_CHARACTERS, `give at most ${MAX_EVIDENCE_CHARACTERS} characters, or a url and its sha256`).optional().describe('Text or JSON. Its SHA-256 is taken from its UTF-8 bytes.'),
    mediaType: z.string().regex(/^[\w.+-]+\/[\w.+-]+$/, 'give a media type such as application/json').max(100).default('text/plain'),
    url: z.url('give a URL').max(2000).optional().describe('Where it lies, in place of the content.'),
    sha256: sha256.optional().describe('With a URL: of what lies there. With content: checked.'),
  })
  .meta({ id: 'EvidenceRequest' });
export const commentBody = z.strictObject({ text: text('a text', 10_000) }).meta({ id: 'CommentRequest' });
export const voteBody = z
  .strictObject({ digest: sha256.describe('`digest` of the request as you read it: it names exactly what will be written, what that replaces, and the evidence.'), comment: z.string().max(10_000).default('') })
  .meta({ id: 'VoteRequest' });
export const noteBody = z.strictObject({ comment: z.string().max(1000).optional().describe('Why.') }).meta({ id: 'NoteRequest' });
export const scheduleBody = z
  .strictObject({ at: instant.describe('When to apply it.'), until: instant.optional().describe('Not applied by then, it expires. An hour later when left out.') })
  .meta({ id: 'ScheduleRequest' });
export const breakGlassBody = z
  .strictObject({ reason: text('a reason', 2000).describe('Why it cannot wait, in at least 10 characters.'), hours: z.number('give hours').gt(0, 'give more than 0').max(168).describe('By then it must be confirmed or reverted, hours.') })
  .meta({ id: 'BreakGlassRequest' });
export const reviewBody = z
  .strictObject({ verdict: z.enum(['confirmed', 'to-revert'], 'give confirmed or to-revert'), note: text('a note', 10_000) })
  .meta({ id: 'ReviewRequest' });

const account = z.string().describe('Account.');
export const blockerSchema = z
  .object({ reason: z.string().describe('Such as evidence-missing, approvals-missing, frozen, base-changed.'), detail: z.string().describe('What blocks, and the remedy.'), evidence: z.string().optional().describe('The kind of evidence that is missing.') })
  .meta({ id: 'ChangeBlocker' });
const reviewSchema = z.object({ by: account, byName: z.string(), verdict: z.enum(['confirmed', 'to-revert']), note: z.string(), at: instant });
const decisionSchema = z
  .object({ policyVersion: count('Version of the change policy; 0 is the one that ships.'), policies: z.array(z.string()).describe('Ids of the policies that decided.'), approvals: z.array(z.string()).describe('Ids of the approvals that counted.'), at: instant })
  .meta({ id: 'ChangeDecision' });

const changeFields = {
  id: z.uuid(),
  number: count('Counts requests.'),
  revision: count('Grows with each write; also the ETag.'),
  model: z.string().nullable(),
  type: z.string(),
  class: z.enum(['normal', 'standard', 'emergency']).describe('standard: the policy authorises it beforehand. emergency: the glass was broken.'),
  state: z.enum(CHANGE_STATES),
  title: z.string(),
  author: z.object({ account, name: z.string() }),
  createdAt: instant,
  updatedAt: instant,
  submittedAt: instant.nullable(),
  expiresAt: instant,
  schedule: z.object({ at: instant, until: instant, by: account }).nullable(),
  appliedAt: instant.nullable(),
  appliedBy: account.nullable(),
};
const evidenceSchema = z
  .object({
    id: z.uuid(), kind: z.string(), title: z.string(), sha256: sha256.describe('Of the content.'), outcome: z.enum(['pass', 'fail', 'inconclusive']).nullable().describe('Verdict of the evaluation that it is the result of; null where it is none.'), sizeBytes: count('Of the content, bytes.').nullable(), mediaType: z.string().nullable(), url: z.string().nullable(),
    addedBy: account, addedByName: z.string(), addedAt: instant, removedAt: instant.nullable(), removedBy: account.nullable(),
  })
  .meta({ id: 'Evidence' });
export const evidenceContentSchema = z.object({ sha256, mediaType: z.string(), content: z.string() }).meta({ id: 'EvidenceContent' });
const voteSchema = z
  .object({
    id: z.uuid(), verdict: z.enum(['approve', 'reject']), account, accountName: z.string(), issuedBy: z.string().nullable().describe('Account that handed out the key used.'), roles: z.array(z.string()),
    digest: sha256.describe('Of the request and its evidence as approved.'), changeDigest: sha256, comment: z.string(), at: instant, expiresAt: instant, revokedAt: instant.nullable(), revokedReason: z.string().nullable(),
    standing: z.string().describe('in-force; counted, by what applied the change; or why it does not count now: revoked, expired, digest-changed, policy-changed, evidence-removed, own-change, account-disabled, same-person, not-an-approval.'),
  })
  .meta({ id: 'Vote' });
const historySchema = z
  .object({ at: instant, actor: account, event: z.string(), fromState: z.string().nullable(), toState: z.string(), detail: z.record(z.string(), z.unknown()) })
  .meta({ id: 'ChangeEvent' });
export const diffSchema = z
  .object({
    summary: z.string().describe('In one line.'),
    components: z.array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
    settings: z.array(z.object({ field: z.string(), before: z.unknown().optional().describe('Left out: it was not set.'), after: z.unknown().optional().describe('Left out: it is not set any more.') })),
    lines: z.array(z.string()).describe('All of it, for people.'),
  })
  .meta({ id: 'ChangeDiff' });

export const listedChangeSchema = z.object(changeFields).meta({ id: 'ListedChange' });
export const changesSchema = pageOf(listedChangeSchema, 'Changes');
const fullFields = {
  ...changeFields,
  reason: z.string(),
  change: z.record(z.string(), z.unknown()).describe('What is asked for, as it was posted.'),
  base: z.record(z.string(), z.unknown()).describe('The facts it was planned on. Where one has moved, it is not applied.'),
  effect: z.record(z.string(), z.unknown()).describe('Exactly what will be written.'),
  changeDigest: sha256.describe('SHA-256 of the canonical JSON of {format, payload, base, effect}.'),
  digest: sha256.describe('Of changeDigest and the evidence: what an approval names.'),
  involved: z.array(account).describe('Accounts that wrote it or added evidence, and so do not decide over it.'),
  issuers: z.array(account).describe('Accounts that handed out a key with which that was done; they do not decide over it either.'),
  supersedes: z.uuid().nullable(),
  diff: diffSchema,
  warnings: z.array(z.string()),
  evidence: z.array(evidenceSchema),
  votes: z.array(voteSchema),
  blockers: z.array(blockerSchema).describe('Everything that keeps it from being applied now; empty: it can be applied.'),
  policyVersion: count('Version of the policy that was asked.'),
  comments: z.array(z.object({ id: z.uuid(), account, accountName: z.string(), text: z.string(), at: instant })),
  history: z.array(historySchema),
  breakGlass: z.object({ by: account, byName: z.string(), reason: z.string(), at: instant, until: instant, reviewDue: instant, review: reviewSchema.nullable() }).nullable(),
  decision: decisionSchema.nullable(),
  outcome: z.record(z.string(), z.unknown()).nullable().describe('What applying it came to.'),
};
export const changeSchema = z.object(fullFields).meta({ id: 'Change' });

export const owedQuery = z.object(pageQuery);
export const owedSchema = pageOf(
  z
    .object({
      change: listedChangeSchema,
      kind: z.enum(['review', 'confirm-or-revert']).describe('review: someone else must look at it. confirm-or-revert: the time limit of the change.'),
      due: instant,
      overdue: z.boolean(),
      brokenBy: account,
      reason: z.string(),
      verdict: z.enum(['confirmed', 'to-revert']).nullable(),
    })
    .meta({ id: 'OwedReview' }),
  'OwedReviews',
);

export const dossierQuery = z.object({ format: z.enum(['json', 'markdown'], 'give json or markdown').default('json') });
export const dossierSchema = z
  .object({
    format: z.literal('signalbox.dossier/1'),
    writtenAt: instant,
    change: changeSchema,
    policy: z.object({ version: count('In force when it was applied, or else now.'), sha256 }),
    rollout: z.record(z.string(), z.unknown()).nullable().describe('The guarded rollout it started, with its verdicts.'),
    outcome: z.object({ state: z.string(), text: z.string(), serving: z.record(z.string(), z.unknown()).nullable().describe('What serves now.') }),
    audit: z.array(z.object({ seq: count('Place in the chain of audit entries.'), at: instant, actor: z.string(), action: z.string(), subject: z.string(), reason: z.string().nullable(), detail: z.record(z.string(), z.unknown()), hash: sha256 })),
  })
  .meta({ id: 'Dossier', description: 'Everything about a change, for who must prove it.' });

export const freezeParams = z.object({ freezeId: uuid });
export const freezeBody = z
  .strictObject({ name: text('a name', 100), reason, model: modelName.nullable().default(null).describe('null: all models.'), from: instant.describe('Inclusive.'), to: instant.describe('Exclusive.') })
  .meta({ id: 'FreezeRequest' });
export const freezeSchema = z
  .object({ id: z.uuid(), name: z.string(), reason: z.string(), model: z.string().nullable(), from: instant, to: instant, active: z.boolean().describe('Whether it holds now.'), generation: count('Also the ETag.'), createdBy: account })
  .meta({ id: 'FreezeWindow' });
export const freezesQuery = z.object(pageQuery);
export const freezesSchema = pageOf(freezeSchema, 'FreezeWindows');
export const generationHeaders = z.object({ 'if-match': tag('generation') });

export const policyHeaders = z.object({ 'if-match': tag('version') });
export const policyBody = z.strictObject({ policies: policiesText, limits: limitsBody, reason }).meta({ id: 'ChangePolicyRequest' });
export const policySchema = z
  .object({ version: count('0: the one that ships. Also the ETag.'), policies: z.string(), limits: limitsSchema, sha256, createdAt: instant.nullable(), createdBy: account.nullable(), changeId: z.uuid().nullable().describe('The request that put it in force.') })
  .meta({ id: 'ChangePolicy' });
export const policiesQuery = z.object(pageQuery);
export const policiesSchema = pageOf(policySchema, 'ChangePolicies');

export const governanceParams = z.object({ model: modelName });
export const governanceBody = z.strictObject({ mode: governanceModeSchema, reason }).meta({ id: 'GovernanceRequest' });
export const governanceSchema = z.object({ model: modelName, mode: governanceModeSchema, generation: count('0: never set. Also the ETag.') }).meta({ id: 'Governance' });
