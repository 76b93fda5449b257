import { type EntityManager } from 'typeorm';
import { type ChangePayload, modelOf } from '#libs/governance/change/change-payload';
import { type PlanFacts } from '#libs/governance/change/plan-change';
import { rolesOfScopes } from '#libs/governance/change/roles-of-scopes';
import { type DataRule } from '#libs/governance/data-rules/rule-set';
import { type ReleaseManifest } from '#libs/release/manifest';
import { protectedExperts } from '../protection/protection-unit.ts';

/** What a plan stands on, with the generation of the activation it was read at. */
export interface ReadPlanFacts extends Omit<PlanFacts, 'policyVersion'> {
  readonly activationGeneration: number;
}

/** Reads the state that a change concerns, as part of a transaction. */
export async function readPlanFacts(manager: EntityManager, payload: ChangePayload): Promise<ReadPlanFacts> {
  const model = modelOf(payload);
  const activation = model === null ? null : await stableOf(manager, model);
  const needsRules = payload.type === 'change-data-rules' || payload.type === 'retire-expert';
  return {
    stable: activation && { releaseId: activation.releaseId, manifest: activation.manifest },
    activationGeneration: activation?.generation ?? 0,
    release: 'releaseId' in payload ? await releaseOf(manager, payload.releaseId) : null,
    components: await componentsOf(manager, digestsOf(payload)),
    cardRevision: payload.type === 'rescope-expert' ? await cardRevision(manager, payload.sha256) : null,
    dataRules: needsRules && model !== null ? await rulesOf(manager, model) : { generation: 0, rules: [] },
    knownExperts: needsRules && model !== null ? await knownExperts(manager, model) : { shapes: [], versions: new Set() },
    mode: await modeOf(manager, model),
    guarded: model === null ? [] : await protectedExperts(manager, model),
  };
}

/** Roles of accounts today, by account; without those that are disabled, revoked or gone. */
export async function rolesNow(manager: EntityManager, accounts: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows: { id: string; roles: string[] }[] = await manager.query('SELECT id, roles FROM signalbox.account WHERE id = ANY($1::text[]) AND disabled_at IS NULL', [accounts]);
  // A key of before there were accounts stands for itself, with scopes in place of roles.
  const keys: { id: string; scopes: string[] }[] = await manager.query(
    `SELECT 'key:' || id AS id, scopes FROM signalbox.api_key WHERE 'key:' || id = ANY($1::text[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    [accounts],
  );
  return new Map([...rows.map(({ id, roles }) => [id, roles] as const), ...keys.map(({ id, scopes }) => [id, rolesOfScopes(scopes)] as const)]);
}

/** Sizes of component versions, bytes. */
export async function componentSizes(manager: EntityManager, digests: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const rows: { sha256: string; size: number }[] = await manager.query('SELECT sha256, size_bytes::float8 AS size FROM signalbox.component_version WHERE sha256 = ANY($1::text[])', [digests]);
  return Object.fromEntries(rows.map(({ sha256, size }) => [sha256, size]));
}

function digestsOf(payload: ChangePayload): readonly string[] {
  if ('replace' in payload) return payload.replace.map(({ sha256 }) => sha256);
  return 'sha256' in payload ? [payload.sha256] : [];
}

async function stableOf(manager: EntityManager, model: string): Promise<{ releaseId: string; manifest: ReleaseManifest; generation: number } | null> {
  const rows: { releaseId: string; manifest: ReleaseManifest; generation: number }[] = await manager.query(
    `SELECT r.id AS "releaseId", r.manifest, a.generation FROM signalbox.activation AS a JOIN signalbox.release AS r ON r.id = a.stable_release WHERE a.model = $1`,
    [model],
  );
  return rows[0] ?? null;
}

async function releaseOf(manager: EntityManager, releaseId: string): Promise<PlanFacts['release']> {
  const rows: NonNullable<PlanFacts['release']>[] = await manager.query('SELECT id AS "releaseId", model, manifest FROM signalbox.release WHERE id = $1', [releaseId]);
  return rows[0] ?? null;
}

async function componentsOf(manager: EntityManager, digests: readonly string[]): Promise<PlanFacts['components']> {
  if (digests.length === 0) return new Map();
  const rows: { sha256: string; kind: string; recalled: boolean }[] = await manager.query(
    'SELECT sha256, kind, recalled_at IS NOT NULL AS recalled FROM signalbox.component_version WHERE sha256 = ANY($1::text[])',
    [digests],
  );
  return new Map(rows.map(({ sha256, kind, recalled }) => [sha256, { kind, isRecalled: recalled }]));
}

async function cardRevision(manager: EntityManager, sha256: string): Promise<number> {
  const rows: { revision: number }[] = await manager.query('SELECT revision FROM signalbox.component_card WHERE sha256 = $1', [sha256]);
  return rows[0]?.revision ?? 0;
}

async function rulesOf(manager: EntityManager, model: string): Promise<PlanFacts['dataRules']> {
  const rows: { generation: number; rules: string }[] = await manager.query('SELECT generation, rules FROM signalbox.data_rule_set WHERE model = $1 ORDER BY generation DESC LIMIT 1', [model]);
  return rows[0] ? { generation: rows[0].generation, rules: JSON.parse(rows[0].rules) as DataRule[] } : { generation: 0, rules: [] };
}

async function knownExperts(manager: EntityManager, model: string): Promise<PlanFacts['knownExperts']> {
  const shapes: { layers: number; experts: number }[] = await manager.query(
    `SELECT DISTINCT (manifest->'shape'->>'layers')::int AS layers, (manifest->'shape'->>'experts')::int AS experts FROM signalbox.release WHERE model = $1`,
    [model],
  );
  const versions: { sha256: string }[] = await manager.query(
    `SELECT DISTINCT c.sha256 FROM signalbox.release_component AS c JOIN signalbox.release AS r ON r.id = c.release_id WHERE r.model = $1 AND c.component LIKE 'expert/%'`,
    [model],
  );
  return { shapes, versions: new Set(versions.map(({ sha256 }) => sha256)) };
}

async function modeOf(manager: EntityManager, model: string | null): Promise<PlanFacts['mode']> {
  const rows: PlanFacts['mode'][] = model === null ? [] : await manager.query('SELECT mode, generation FROM signalbox.governance_mode WHERE model = $1', [model]);
  return rows[0] ?? { mode: 'open', generation: 0 };
}
