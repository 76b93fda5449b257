import { type DataSource, type EntityManager } from 'typeorm';
import { type ComponentKind, type ComponentName, type Sha256 } from '#libs/release/component';
import { CARD_COLUMNS, type CardRow, type StoredCard, toCard } from './component-card.ts';

export interface ComponentVersion {
  readonly sha256: Sha256;
  readonly kind: ComponentKind;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
  readonly recall: { readonly atMs: number; readonly by: string; readonly reason: string } | null;
  readonly card: StoredCard;
  /** How many releases hold it. */
  readonly releases: number;
}

export interface ComponentSearch {
  readonly kind: ComponentKind | null;
  /** Name that it bears in some release, such as `expert/3/5`. */
  readonly name: ComponentName | null;
  /** Model of a release that holds it. */
  readonly model: string | null;
  /** Occurs in the card, or the digest begins with it. */
  readonly text: string | null;
  readonly recalled: boolean | null;
  readonly unreferenced: boolean;
  /** Last of the page before. */
  readonly after: ComponentPosition | null;
  readonly limit: number;
}

export interface ComponentPosition {
  readonly createdAtMs: number;
  readonly sha256: Sha256;
}

export interface HoldingRelease {
  readonly releaseId: Sha256;
  readonly model: string;
  readonly component: ComponentName;
  readonly createdAtMs: number;
}

const COLUMNS = `v.sha256, v.kind, v.size_bytes::float8 AS "sizeBytes", v.created_at AS "createdAt", v.recalled_at AS "recalledAt",
  v.recalled_by AS "recalledBy", v.recall_reason AS "recallReason", ${CARD_COLUMNS},
  (SELECT count(DISTINCT held.release_id)::int FROM signalbox.release_component AS held WHERE held.sha256 = v.sha256) AS releases`;
const FROM = 'FROM signalbox.component_version AS v LEFT JOIN signalbox.component_card AS card USING (sha256)';

type Row = CardRow & {
  readonly sha256: Sha256;
  readonly kind: ComponentKind;
  readonly sizeBytes: number;
  readonly createdAt: Date;
  readonly recalledAt: Date | null;
  readonly recalledBy: string | null;
  readonly recallReason: string | null;
  readonly releases: number;
};

/** Component versions: what is known of each, and what holds it. */
export class ComponentVersions {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first, then by digest. */
  async search({ kind, name, model, text, recalled, unreferenced, after, limit }: ComponentSearch): Promise<readonly ComponentVersion[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} ${FROM}
       WHERE ($1::text IS NULL OR v.kind = $1)
         AND ($2::text IS NULL OR EXISTS (SELECT FROM signalbox.release_component AS c WHERE c.sha256 = v.sha256 AND c.component = $2))
         AND ($3::text IS NULL OR EXISTS (
           SELECT FROM signalbox.release_component AS c JOIN signalbox.release AS r ON r.id = c.release_id WHERE c.sha256 = v.sha256 AND r.model = $3))
         AND ($4::text IS NULL OR v.sha256 LIKE $4 || '%'
           OR concat_ws(' ', card.title, card.for_use, card.not_for_use, card.training_data, card.licence, card.data_handling, card.owner, card.made_how) ILIKE '%' || $4 || '%')
         AND ($5::boolean IS NULL OR (v.recalled_at IS NOT NULL) = $5)
         AND (NOT $6::boolean OR NOT EXISTS (SELECT FROM signalbox.release_component AS c WHERE c.sha256 = v.sha256))
         AND ($7::timestamptz IS NULL OR v.created_at < $7 OR (v.created_at = $7 AND v.sha256 > $8))
       ORDER BY v.created_at DESC, v.sha256 LIMIT $9`,
      [kind, name, model, text === null ? null : text.replaceAll(/[\\%_]/g, String.raw`\$&`), recalled, unreferenced, after && new Date(after.createdAtMs), after?.sha256 ?? null, limit],
    );
    return rows.map(toVersion);
  }

  find(sha256: Sha256): Promise<ComponentVersion | null> {
    return findVersion(this.dataSource.manager, sha256);
  }

  /** Releases that hold it, newest first, with the name it bears there. */
  async holders(sha256: Sha256, limit: number): Promise<readonly HoldingRelease[]> {
    const rows: (Omit<HoldingRelease, 'createdAtMs'> & { createdAt: Date })[] = await this.dataSource.query(
      `SELECT r.id AS "releaseId", r.model, c.component, r.created_at AS "createdAt" FROM signalbox.release_component AS c
       JOIN signalbox.release AS r ON r.id = c.release_id WHERE c.sha256 = $1 ORDER BY r.created_at DESC, r.id, c.component LIMIT $2`,
      [sha256, limit],
    );
    return rows.map(({ createdAt, ...row }) => ({ ...row, createdAtMs: createdAt.getTime() }));
  }

  /** Versions that name it as what they were made from, oldest first. */
  async children(sha256: Sha256, limit: number): Promise<readonly Sha256[]> {
    const rows: { sha256: Sha256 }[] = await this.dataSource.query(
      'SELECT sha256 FROM signalbox.component_card JOIN signalbox.component_version USING (sha256) WHERE parent_sha256 = $1 ORDER BY created_at, sha256 LIMIT $2',
      [sha256, limit],
    );
    return rows.map((row) => row.sha256);
  }

  /** Versions it was made from, nearest first; ends where one names none, is not there, or after `limit`. */
  async ancestors(sha256: Sha256, limit: number): Promise<readonly Sha256[]> {
    const rows: { parent: Sha256 }[] = await this.dataSource.query(
      `WITH RECURSIVE line AS (
         SELECT parent_sha256 AS parent, 1 AS depth FROM signalbox.component_card WHERE sha256 = $1 AND parent_sha256 IS NOT NULL
         UNION
         SELECT card.parent_sha256, depth + 1 FROM line JOIN signalbox.component_card AS card ON card.sha256 = line.parent
         WHERE card.parent_sha256 IS NOT NULL AND depth < $2)
       SELECT parent FROM line ORDER BY depth`,
      [sha256, limit],
    );
    return rows.map(({ parent }) => parent);
  }

  /** Size, kind and recall of some versions, by digest; without those that are not there. */
  async known(digests: readonly Sha256[]): Promise<ReadonlyMap<Sha256, Pick<ComponentVersion, 'kind' | 'sizeBytes' | 'recall'>>> {
    const rows: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} ${FROM} WHERE v.sha256 = ANY($1::text[])`, [digests]);
    return new Map(rows.map((row) => [row.sha256, toVersion(row)]));
  }
}

export async function findVersion(manager: EntityManager, sha256: Sha256): Promise<ComponentVersion | null> {
  const rows: Row[] = await manager.query(`SELECT ${COLUMNS} ${FROM} WHERE v.sha256 = $1`, [sha256]);
  return rows[0] ? toVersion(rows[0]) : null;
}

function toVersion(row: Row): ComponentVersion {
  const { sha256, kind, sizeBytes, createdAt, recalledAt, releases } = row;
  return {
    sha256,
    kind,
    sizeBytes,
    createdAtMs: createdAt.getTime(),
    recall: recalledAt && { atMs: recalledAt.getTime(), by: row.recalledBy ?? '', reason: row.recallReason ?? '' },
    card: toCard(row),
    releases,
  };
}
