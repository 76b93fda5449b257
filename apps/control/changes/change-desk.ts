import { createHash, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type ChangePayload } from '#libs/governance/change/change-payload';
import { type Actor, type CaseDecision, type ChangeCase, type EvidenceOutcome } from '#libs/governance/change/change-request';
import { addEvidence, editChange, endChange, openDraft, removeEvidence, submitChange, voteOnChange, withdrawChange } from '#libs/governance/change/decide-request';
import { rolesOfScopes } from '#libs/governance/change/roles-of-scopes';
import { hasPermission, type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type StoredChange } from '#libs/store/changes/change-rows';
import { type NewEvidence } from '#libs/store/changes/change-unit';
import { COMPONENT_FILES, type ComponentFilesPort } from '../registry/registry-ports.ts';
import { changeAudit } from './change-audit.ts';
import { CHANGE_STATE, type ChangeFacts, CHANGES, type ChangesPort, type ChangeStatePort, type ChangeUnitPort } from './change-ports.ts';
import { blocked, changeNotFound, revisionChanged, unplannable } from './change-problems.ts';
import { requireFitting } from './fitting.ts';
import { toPayload } from './payload-input.ts';
import { requireSound } from './policy-desk.ts';

type Body<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>['body'];

/** More than this is no discussion any more. */
const MAX_COMMENTS = 500;

export interface Seen {
  readonly id: string;
  /** The revision that the caller saw; undefined: whatever is there. */
  readonly revision: number | undefined;
}

/** Writes, discusses and decides over change requests. */
@Injectable()
export class ChangeDesk {
  constructor(
    @Inject(CHANGES) private readonly changes: ChangesPort,
    @Inject(CHANGE_STATE) private readonly state: ChangeStatePort,
    @Inject(COMPONENT_FILES) private readonly files: Pick<ComponentFilesPort, 'tensors'>,
  ) {}

  /** @param id where whoever asks must be able to tell that it was opened already */
  async create(body: Body<'createChange'>, caller: Principal, id: string = randomUUID()): Promise<string> {
    const payload = toPayload(body.change);
    await this.changes.transaction(async (unit) => {
      if (body.supersedes !== undefined && !(await unit.lock(body.supersedes))) throw changeNotFound();
      const facts = await this.#facts(unit, payload, null, caller);
      await requirePlan(this.files, payload, facts);
      const decision = openDraft({ id, title: body.title, reason: body.reason, payload, supersedes: body.supersedes ?? null }, actorOf(caller), facts);
      if (!decision.allowed) throw blocked(decision.blockers);
      const stored = await unit.insert(decision.next, decision.event);
      await unit.append(changeAudit(caller, null, stored, decision.event, body.reason));
    });
    return id;
  }

  async edit(seen: Seen, body: Body<'editChange'>, caller: Principal): Promise<void> {
    const payload = toPayload(body.change);
    await this.#act(seen, caller, (of, actor, facts) => editChange(of, { title: body.title, reason: body.reason, payload }, actor, facts), { payload, reason: body.reason });
  }

  /** Lets others decide, and ends the request that this one replaces. */
  async submit(seen: Seen, comment: string | null, caller: Principal): Promise<void> {
    await this.changes.transaction(async (unit) => {
      const submitted = await this.#step(unit, seen, caller, submitChange, { reason: comment });
      const old = submitted.stored.change.supersedes;
      const replaced = old === null ? null : await unit.lock(old);
      const audits = [submitted.audit];
      const ended = replaced && endChange(replaced, 'superseded', caller.accountId, submitted.nowMs, { by: seen.id });
      if (replaced && ended?.allowed) audits.push(changeAudit(caller, replaced, await unit.save(replaced, ended.next, ended.event), ended.event));
      for (const audit of audits) await unit.append(audit);
    });
  }

  /** @param outcome of the evaluation whose result it is; null where it is none, as with all that callers write themselves */
  async attach(seen: Seen, body: Body<'addEvidence'>, caller: Principal, outcome: EvidenceOutcome | null = null): Promise<void> {
    const digest = body.content === undefined ? body.sha256 : createHash('sha256').update(body.content, 'utf8').digest('hex');
    if ((body.content === undefined) === (body.url === undefined)) throw invalid('content', 'give either content, or url and sha256');
    if (digest === undefined) throw invalid('sha256', 'required with url: the SHA-256 of what lies there');
    if (body.content !== undefined && body.sha256 !== undefined && body.sha256 !== digest) throw invalid('sha256', `the content has the SHA-256 ${digest}; send the content again, or leave this out`);
    const id = randomUUID();
    const item = (nowMs: number): NewEvidence => ({
      id, kind: body.kind, title: body.title, sha256: digest, outcome, sizeBytes: body.content === undefined ? null : Buffer.byteLength(body.content, 'utf8'), mediaType: body.content === undefined ? null : body.mediaType,
      content: body.content ?? null, url: body.url ?? null, addedBy: caller.accountId, addedByName: caller.name, addedAtMs: nowMs, removedAtMs: null, removedBy: null,
    });
    await this.#act(seen, caller, (of, actor, facts) => addEvidence(of, item(facts.nowMs), actor, facts), { evidence: item });
  }

  async detach(id: string, evidenceId: string, caller: Principal): Promise<void> {
    await this.#act({ id, revision: undefined }, caller, (of, actor, facts) => removeEvidence(of, evidenceId, actor, facts));
  }

  async vote(seen: Seen, verdict: 'approve' | 'reject', { digest, comment }: Body<'approveChange'>, caller: Principal): Promise<void> {
    const id = randomUUID();
    await this.#act(seen, caller, (of, actor, facts) => voteOnChange(of, { id, verdict, digest, comment }, actor, facts), { reason: comment });
  }

  async withdraw(seen: Seen, comment: string | null, caller: Principal): Promise<void> {
    await this.#act(seen, caller, (of, actor, facts) => withdrawChange(of, actor, facts, hasPermission(caller, 'administer')), { reason: comment });
  }

  async comment(id: string, text: string, caller: Principal): Promise<void> {
    await this.changes.transaction(async (unit) => {
      const stored = await lock(unit, id);
      if ((await unit.comments(id)) >= MAX_COMMENTS) throw new ProblemError({ status: 409, code: 'discussion_full', title: 'The discussion is full', detail: `A request takes at most ${MAX_COMMENTS} comments.` });
      const { nowMs } = await this.#facts(unit, stored.change.payload, stored, caller);
      const comment = { id: randomUUID(), account: caller.accountId, accountName: caller.name, text, atMs: nowMs };
      const event = { event: 'commented', actor: caller.accountId, atMs: nowMs, detail: { comment: comment.id } } as const;
      await unit.comment(stored, comment, event);
      await unit.append(changeAudit(caller, null, stored, event));
    });
  }

  async #act(
    seen: Seen,
    caller: Principal,
    decide: (of: ChangeCase, actor: Actor, facts: ChangeFacts) => CaseDecision,
    more: { readonly payload?: ChangePayload; readonly reason?: string | null; readonly evidence?: (nowMs: number) => NewEvidence } = {},
  ): Promise<void> {
    await this.changes.transaction(async (unit) => {
      const { audit } = await this.#step(unit, seen, caller, decide, more);
      await unit.append(audit);
    });
  }

  async #step(
    unit: ChangeUnitPort,
    { id, revision }: Seen,
    caller: Principal,
    decide: (of: ChangeCase, actor: Actor, facts: ChangeFacts) => CaseDecision,
    { payload, reason = null, evidence }: { readonly payload?: ChangePayload; readonly reason?: string | null; readonly evidence?: (nowMs: number) => NewEvidence } = {},
  ) {
    const before = await lock(unit, id);
    if (revision !== undefined && revision !== before.revision) throw revisionChanged(before, (await this.changes.events(id)).at(-1));
    const facts = await this.#facts(unit, payload ?? before.change.payload, before, caller);
    if (payload) await requirePlan(this.files, payload, facts);
    const decision = decide(before, actorOf(caller), facts);
    if (!decision.allowed) throw blocked(decision.blockers);
    const stored = await unit.save(before, decision.next, decision.event, evidence?.(facts.nowMs) ?? null);
    return { stored, nowMs: facts.nowMs, audit: changeAudit(caller, before, stored, decision.event, reason) };
  }

  async #facts(unit: ChangeUnitPort, payload: ChangePayload, before: StoredChange | null, caller: Principal): Promise<ChangeFacts> {
    return this.state.read(unit.manager, payload, [...(before?.approvals ?? []).map(({ account }) => account), caller.accountId]);
  }
}

/** @throws ProblemError where it cannot be planned, or a version does not fit its place */
export async function requirePlan(files: Pick<ComponentFilesPort, 'tensors'>, payload: ChangePayload, { plan }: Pick<ChangeFacts, 'plan'>): Promise<void> {
  if (!plan.planned) throw unplannable(plan);
  if (payload.type === 'change-policy') requireSound(payload.policies, 'change.policies');
  if ('replace' in payload && plan.manifest) await requireFitting(files, plan.manifest, payload.replace);
}

/** @throws ProblemError 404 */
export async function lock(unit: ChangeUnitPort, id: string): Promise<StoredChange> {
  const found = await unit.lock(id);
  if (!found) throw changeNotFound();
  return found;
}

/** Who acts, for the decisions. A key without an account counts as the roles that its scopes make up. */
export function actorOf({ accountId, name, kind, keyId, issuedBy, roles, permissions }: Principal): Actor {
  return { accountId, name, kind, keyId, issuedBy, roles: accountId.startsWith('key:') ? rolesOfScopes(permissions) : roles };
}

function invalid(field: string, remedy: string): ProblemError {
  return new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: `Body field ${field}: ${remedy}.`, field });
}
