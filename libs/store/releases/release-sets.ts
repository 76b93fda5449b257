import { type DataSource, type EntityManager } from 'typeorm';
import { type CompatibilityVerdict, type SetPair } from '#libs/governance/compatibility/decide-compatibility';
import { type Sha256 } from '#libs/release/component';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { type ReleaseManifest } from '#libs/release/manifest';

export type SetSide = 'router' | 'expert';
export type ActiveAs = 'stable' | 'previous' | 'canary' | 'shadow';

/** All routers (or all experts) of some releases of a model, as one thing. */
export interface ReleaseSet {
  readonly model: string;
  readonly set: Sha256;
  /** When its first release was made. */
  readonly sinceMs: number;
  readonly releases: number;
  /** Newest first. */
  readonly latest: readonly { readonly releaseId: Sha256; readonly createdAtMs: number }[];
  readonly active: readonly { readonly as: ActiveAs; readonly releaseId: Sha256 }[];
  /** Sets of the other side with a record, by the newest of each. */
  readonly partners: readonly { readonly set: Sha256; readonly verdict: CompatibilityVerdict }[];
}

export interface SetQuery {
  readonly model: string | null;
  /** Last of the page before. */
  readonly after: { readonly sinceMs: number; readonly model: string; readonly set: Sha256 } | null;
  readonly limit: number;
}

const MAX_LATEST = 20;
const MAX_PARTNERS = 100;

/** Releases that the activation of a model names, and as what. */
export const ACTIVE_RELEASES = `
  SELECT model, 'stable' AS "as", stable_release AS "releaseId" FROM signalbox.activation
  UNION ALL SELECT model, 'previous', previous_release FROM signalbox.activation WHERE previous_release IS NOT NULL
  UNION ALL SELECT model, 'canary', canary->>'releaseId' FROM signalbox.activation WHERE canary IS NOT NULL
  UNION ALL SELECT model, 'shadow', shadow->>'releaseId' FROM signalbox.activation WHERE shadow IS NOT NULL`;

/** Router sets and expert sets of releases. */
export class ReleaseSets {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first, by when the first release of each was made. */
  async list(side: SetSide, { model, after, limit }: SetQuery): Promise<readonly ReleaseSet[]> {
    const [own, other] = side === 'router' ? ['router_set', 'expert_set'] : ['expert_set', 'router_set'];
    type Row = Omit<ReleaseSet, 'sinceMs' | 'latest'> & { since: Date; latest: { releaseId: string; createdAt: string }[] };
    const rows: Row[] = await this.dataSource.query(
      `WITH sets AS (
         SELECT model, ${own} AS set, min(created_at) AS since, count(*)::int AS releases FROM signalbox.release
         WHERE ${own} IS NOT NULL AND ($1::text IS NULL OR model = $1) GROUP BY model, ${own}
         HAVING $2::timestamptz IS NULL OR min(created_at) < $2 OR (min(created_at) = $2 AND (model, ${own}) > ($3, $4))
         ORDER BY min(created_at) DESC, model, ${own} LIMIT $5),
       active AS (${ACTIVE_RELEASES})
       SELECT sets.*,
         (SELECT jsonb_agg(jsonb_build_object('releaseId', one.id, 'createdAt', one.created_at) ORDER BY one.created_at DESC, one.id) FROM (
            SELECT id, created_at FROM signalbox.release AS r WHERE r.model = sets.model AND r.${own} = sets.set ORDER BY created_at DESC, id LIMIT ${MAX_LATEST}) AS one) AS latest,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('as', active."as", 'releaseId', active."releaseId") ORDER BY active."as"), '[]') FROM active
            JOIN signalbox.release AS r ON r.id = active."releaseId" WHERE r.model = sets.model AND r.${own} = sets.set) AS active,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('set', one.set, 'verdict', one.verdict) ORDER BY one.set), '[]') FROM (
            SELECT DISTINCT ON (${other}) ${other} AS set, verdict FROM signalbox.compatibility_record AS record WHERE record.${own} = sets.set
            ORDER BY ${other}, created_at DESC, (verdict = 'incompatible') DESC LIMIT ${MAX_PARTNERS}) AS one) AS partners
       FROM sets ORDER BY since DESC, model, set`,
      [model, after && new Date(after.sinceMs), after?.model ?? null, after?.set ?? null, limit],
    );
    return rows.map(({ since, latest, ...row }) => ({
      ...row,
      sinceMs: since.getTime(),
      latest: latest.map(({ releaseId, createdAt }) => ({ releaseId, createdAtMs: Date.parse(createdAt) })),
    }));
  }

  /** Pairs that have answered together for a model. */
  served(model: string, pair: SetPair): Promise<readonly SetPair[]> {
    return this.dataSource.query(
      `SELECT DISTINCT r.router_set AS "routerSet", r.expert_set AS "expertSet" FROM signalbox.activation_event AS e
       JOIN signalbox.release AS r ON r.id = e.after->>'stable' WHERE e.model = $1 AND r.router_set = $2 AND r.expert_set = $3`,
      [model, pair.routerSet, pair.expertSet],
    );
  }

  /** Releases that the activation of a model names. */
  async active(model: string): Promise<readonly { readonly as: ActiveAs; readonly releaseId: Sha256 }[]> {
    return this.dataSource.query(`SELECT "as", "releaseId" FROM (${ACTIVE_RELEASES}) AS active WHERE model = $1 ORDER BY 1`, [model]);
  }

  /** Whether a release of the model holds both sets, each in whichever release. */
  async hold(model: string, { routerSet, expertSet }: SetPair): Promise<{ readonly router: boolean; readonly expert: boolean }> {
    const [row] = await this.dataSource.query<{ router: boolean; expert: boolean }[]>(
      `SELECT EXISTS (SELECT FROM signalbox.release WHERE model = $1 AND router_set = $2) AS router,
         EXISTS (SELECT FROM signalbox.release WHERE model = $1 AND expert_set = $3) AS expert`,
      [model, routerSet, expertSet],
    );
    return row ?? { router: false, expert: false };
  }

  /** Computes the sets of releases that an earlier version saved without them; gives how many. */
  async fill(): Promise<number> {
    return this.dataSource.transaction((manager) => fillSets(manager));
  }
}

async function fillSets(manager: EntityManager): Promise<number> {
  const rows: { id: string; manifest: ReleaseManifest }[] = await manager.query('SELECT id, manifest FROM signalbox.release WHERE router_set IS NULL FOR UPDATE SKIP LOCKED');
  for (const { id, manifest } of rows) {
    await manager.query('UPDATE signalbox.release SET router_set = $2, expert_set = $3 WHERE id = $1', [id, routerSetDigest(manifest), expertSetDigest(manifest)]);
  }
  return rows.length;
}
