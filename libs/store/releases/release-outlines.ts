import { type DataSource } from 'typeorm';
import { type Sha256 } from '#libs/release/component';

/** What the way of a trace into the database needs of its release. */
export interface ReleaseOutline {
  /** Stands for the release in hot rows. */
  readonly number: number;
  readonly layers: number;
  readonly experts: number;
}

/** Outlines of releases. They never change, so they are kept once read. */
export class ReleaseOutlines {
  private readonly outlines = new Map<Sha256, ReleaseOutline>();

  constructor(private readonly dataSource: DataSource) {}

  /** Outlines by release id, without the ids that the database does not know. */
  async resolve(releaseIds: Iterable<Sha256>): Promise<ReadonlyMap<Sha256, ReleaseOutline>> {
    const wanted = new Set(releaseIds);
    const missing = [...wanted].filter((id) => !this.outlines.has(id));
    if (missing.length > 0) {
      const rows: (ReleaseOutline & { id: Sha256 })[] = await this.dataSource.query(
        `SELECT id, number, (manifest->'shape'->>'layers')::int AS layers, (manifest->'shape'->>'experts')::int AS experts
         FROM signalbox.release WHERE id = ANY($1::text[])`,
        [missing],
      );
      for (const { id, ...outline } of rows) this.outlines.set(id, outline);
    }
    return new Map([...wanted].flatMap((id) => {
      const outline = this.outlines.get(id);
      return outline ? [[id, outline] as const] : [];
    }));
  }
}
