import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { DEFAULT_LIMITS } from '#libs/governance/change/change-payload';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { compilePolicies } from '#libs/policy-engine/cedar-policy';
import { DEFAULT_POLICIES } from '#libs/policy-engine/default-policies';
import { appendAudit } from '#libs/store/audit/audit-log';
import { policyDigest, type StoredPolicy, writeChangePolicy } from '#libs/store/changes/change-policies';
import { writeGovernanceMode } from '#libs/store/changes/governance-modes';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, page } from '../http/cursor.ts';
import { modelNotFound } from '../models/activation-problems.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { CHANGE_POLICIES, type ChangePoliciesPort, GOVERNANCE_MODES, type GovernanceModesPort } from './change-ports.ts';

type PolicyBody = RouteOutput<typeof ROUTES.getChangePolicy>;
type GovernanceBody = RouteOutput<typeof ROUTES.getGovernance>;

/** Puts change policies in force, and says which models change only by approved requests. */
@Injectable()
export class PolicyDesk {
  constructor(
    @Inject(CHANGE_POLICIES) private readonly policies: ChangePoliciesPort,
    @Inject(GOVERNANCE_MODES) private readonly modes: GovernanceModesPort,
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'list'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async current(): Promise<PolicyBody> {
    return policyBody(await this.policies.current());
  }

  async history({ cursor, limit }: RouteInput<typeof ROUTES.listChangePolicies>['query']): Promise<RouteOutput<typeof ROUTES.listChangePolicies>> {
    const before = decodeCursor(cursor, ([version]) => (Number.isSafeInteger(version) ? (version as number) : null));
    const { items, nextCursor } = page(await this.policies.history(limit + 1, before), limit, ({ version }) => [version]);
    return { items: items.map(policyBody), nextCursor };
  }

  async put({ policies, limits, reason }: RouteInput<typeof ROUTES.putChangePolicy>['body'], expectedVersion: number, caller: Principal): Promise<PolicyBody> {
    requireSound(policies, 'policies');
    const atMs = this.settings.now();
    await this.policies.transaction(async (manager) => {
      if (await this.modes.isRequiredAnywhere(manager)) throw changeRequired('change-policy', 'The change policy holds for a model that changes only by approved requests');
      const before = await this.policies.current(manager);
      const written = (before?.version ?? 0) === expectedVersion && (await writeChangePolicy(manager, { version: expectedVersion + 1, policies, limits, createdAtMs: atMs, createdBy: caller.accountId, changeId: null }));
      if (!written) throw stale(`version is now "${(await this.policies.current(manager))?.version ?? 0}"`, before);
      const audit = auditOf(caller, atMs, 'change-policy.set', 'change-policy', { version: expectedVersion + 1 });
      await appendAudit(manager, { ...audit, before: auditedPolicy(before), after: { version: expectedVersion + 1, policies, limits }, reason });
    });
    return this.current();
  }

  /** Open for a model of which nothing was said. @throws ProblemError 404 */
  async mode(model: string): Promise<GovernanceBody> {
    const row = await this.modes.read(model);
    if (row.generation === 0 && (await this.releases.list(1, model)).length === 0) throw modelNotFound();
    return { model, mode: row.mode, generation: row.generation };
  }

  /** @throws ProblemError 409 where it would loosen: that needs an approved request */
  async setMode(model: string, { mode, reason }: RouteInput<typeof ROUTES.putGovernance>['body'], expectedGeneration: number, caller: Principal): Promise<GovernanceBody> {
    await this.mode(model);
    const atMs = this.settings.now();
    await this.policies.transaction(async (manager) => {
      const before = await this.modes.read(model, manager);
      if (before.generation !== expectedGeneration) throw stale(`generation is now "${before.generation}", and the mode ${before.mode}`, null);
      if (before.mode === 'required' && mode === 'open') throw changeRequired('set-governance', `${model} changes only by approved requests, and so does that`);
      if (!(await writeGovernanceMode(manager, { model, mode, expectedGeneration, atMs, actor: caller.accountId }))) throw stale('generation has moved on', null);
      await appendAudit(manager, { ...auditOf(caller, atMs, 'governance.set', `model/${model}`), before: { mode: before.mode }, after: { mode }, reason });
    });
    return this.mode(model);
  }
}

/** @throws ProblemError 400 with line and column of the first fault */
export function requireSound(policies: string, field: string): void {
  const compiled = compilePolicies(policies);
  if (compiled.ok) return;
  const [first] = compiled.faults;
  const place = first?.line === null || first === undefined ? '' : `line ${first.line}, column ${first.column}: `;
  const more = compiled.faults.length > 1 ? ` ${compiled.faults.length - 1} more were found.` : '';
  throw new ProblemError({ status: 400, code: 'invalid_policy', title: 'The policies are not sound', detail: `Body field ${field}: ${place}${first?.message ?? ''}.${more}`, field });
}

function policyBody(stored: StoredPolicy | null): PolicyBody {
  if (!stored) return { version: 0, policies: DEFAULT_POLICIES, limits: DEFAULT_LIMITS, sha256: policyDigest(DEFAULT_POLICIES), createdAt: null, createdBy: null, changeId: null };
  const { createdAtMs, ...same } = stored;
  return { ...same, createdAt: new Date(createdAtMs).toISOString() };
}

function auditedPolicy(stored: StoredPolicy | null): unknown {
  const { version, policies, limits } = policyBody(stored);
  return { version, policies, limits };
}

function stale(what: string, last: StoredPolicy | null): ProblemError {
  const who = last ? ` ${last.createdBy} put it in force at ${new Date(last.createdAtMs).toISOString()}.` : '';
  return new ProblemError({ status: 412, code: 'generation_changed', title: 'Someone else changed it', detail: `Header If-Match: the ${what}.${who} Read it again and decide anew.`, field: 'if-match' });
}

function changeRequired(type: string, why: string): ProblemError {
  return new ProblemError({ status: 409, code: 'change_required', title: 'Only an approved change may do this', detail: `${why}: open a request of the type ${type} at POST /api/v1/changes.` });
}
