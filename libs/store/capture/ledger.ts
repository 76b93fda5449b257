import { type DataSource } from 'typeorm';

/** Which batches are in the database. What it names is durable; inference may then drop its copy. */
export class CaptureLedger {
  constructor(private readonly dataSource: DataSource) {}

  /** Those of the given batch ids that are written. */
  async written(batchIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (batchIds.length === 0) return new Set();
    const rows: { batch_id: string }[] = await this.dataSource.query(
      'SELECT batch_id FROM signalbox.trace_batch WHERE batch_id = ANY($1::uuid[])',
      [batchIds],
    );
    return new Set(rows.map((row) => row.batch_id));
  }
}
