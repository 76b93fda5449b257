import { type DataSource } from 'typeorm';
import { type Sha256 } from '#libs/release/component';

/** Short numbers that stand for releases in hot rows. They never change, so they are kept. */
export class ReleaseNumbers {
  private readonly numbers = new Map<Sha256, number>();

  constructor(private readonly dataSource: DataSource) {}

  /** Numbers by release id, without the ids that the database does not know. */
  async resolve(releaseIds: Iterable<Sha256>): Promise<ReadonlyMap<Sha256, number>> {
    const wanted = new Set(releaseIds);
    const missing = [...wanted].filter((id) => !this.numbers.has(id));
    if (missing.length > 0) {
      const rows: { id: Sha256; number: number }[] = await this.dataSource.query(
        'SELECT id, number FROM signalbox.release WHERE id = ANY($1::text[])',
        [missing],
      );
      for (const { id, number } of rows) this.numbers.set(id, number);
    }
    return new Map([...wanted].flatMap((id) => {
      const number = this.numbers.get(id);
      return number === undefined ? [] : [[id, number] as const];
    }));
  }
}
