import { type EntityManager } from 'typeorm';
import { type Sha256 } from '#libs/release/component';

/** What people say of a component version. Empty text: nobody said. */
export interface ComponentCard {
  readonly title: string;
  readonly forUse: string;
  readonly notForUse: string;
  readonly trainingData: string;
  /** SPDX identifier or text. */
  readonly licence: string;
  readonly dataHandling: string;
  readonly owner: string;
  /** Version it was made from. */
  readonly parentSha256: Sha256 | null;
  readonly madeHow: string;
}

export const EMPTY_CARD: ComponentCard = { title: '', forUse: '', notForUse: '', trainingData: '', licence: '', dataHandling: '', owner: '', parentSha256: null, madeHow: '' };

export interface StoredCard extends ComponentCard {
  /** Counts the writes; 0: never written. */
  readonly revision: number;
  readonly updatedAtMs: number | null;
  readonly updatedBy: string | null;
}

export interface CardWrite {
  readonly sha256: Sha256;
  readonly card: ComponentCard;
  /** The revision the caller saw; 0 for none. */
  readonly expectedRevision: number;
  readonly atMs: number;
  readonly by: string;
}

const FIELDS = 'title, for_use, not_for_use, training_data, licence, data_handling, owner, parent_sha256, made_how';

/** Columns of a StoredCard, of the table named `card`; all null where there is none. */
export const CARD_COLUMNS = `card.title, card.for_use AS "forUse", card.not_for_use AS "notForUse", card.training_data AS "trainingData", card.licence,
  card.data_handling AS "dataHandling", card.owner, card.parent_sha256 AS "parentSha256", card.made_how AS "madeHow", card.revision,
  card.updated_at AS "updatedAt", card.updated_by AS "updatedBy"`;

export type CardRow = { readonly [K in keyof ComponentCard]: ComponentCard[K] | null } & { readonly revision: number | null; readonly updatedAt: Date | null; readonly updatedBy: string | null };

export function toCard({ updatedAt, ...row }: CardRow): StoredCard {
  const card = Object.fromEntries(Object.keys(EMPTY_CARD).map((field) => [field, row[field as keyof ComponentCard] ?? EMPTY_CARD[field as keyof ComponentCard]]));
  return { ...(card as unknown as ComponentCard), revision: row.revision ?? 0, updatedAtMs: updatedAt?.getTime() ?? null, updatedBy: row.updatedBy };
}

/** Writes a card whole, as part of a transaction; `stale` wrote nothing. The caller appends the audit entry last. */
export async function writeCard(manager: EntityManager, { sha256, card, expectedRevision, atMs, by }: CardWrite): Promise<'written' | 'stale'> {
  const values = [sha256, ...valuesOf(card), new Date(atMs), by];
  const written: unknown[] = await manager.query(
    expectedRevision === 0
      ? `INSERT INTO signalbox.component_card (sha256, ${FIELDS}, updated_at, updated_by, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1) ON CONFLICT (sha256) DO NOTHING RETURNING sha256`
      : `WITH moved AS (
           UPDATE signalbox.component_card SET (${FIELDS}, updated_at, updated_by, revision) = ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, revision + 1)
           WHERE sha256 = $1 AND revision = $13 RETURNING sha256)
         SELECT sha256 FROM moved`,
    expectedRevision === 0 ? values : [...values, expectedRevision],
  );
  return written.length === 1 ? 'written' : 'stale';
}

function valuesOf(card: ComponentCard): (string | null)[] {
  return [card.title, card.forUse, card.notForUse, card.trainingData, card.licence, card.dataHandling, card.owner, card.parentSha256, card.madeHow];
}
