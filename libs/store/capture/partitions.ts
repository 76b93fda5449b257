import { type DataSource } from 'typeorm';
import { LOCKS } from '../locks.ts';
import { DAY_MS, dayOf, dayStartMs, partitionName, type Day } from './days.ts';

/** Makes the tables that hold the traces of a day. */
export class TracePartitions {
  private readonly known = new Set<Day>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Makes the partitions of these days where they are missing. In transactions of its own, and by
   * attaching a finished table, which does not wait for running writes nor block them.
   */
  async ensure(days: Iterable<Day>): Promise<void> {
    const missing = [...new Set(days)].filter((day) => !this.known.has(day)).toSorted();
    for (const day of missing) {
      await this.create(day);
      this.known.add(day);
    }
  }

  /** Forgets what is known, after a partition turned out to be gone. */
  forget(): void {
    this.known.clear();
  }

  private async create(day: Day): Promise<void> {
    const name = partitionName(day);
    const from = new Date(dayStartMs(day)).toISOString();
    const to = new Date(dayStartMs(dayOf(dayStartMs(day) + DAY_MS))).toISOString();
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.partitions]);
      const found: unknown[] = await manager.query(`SELECT 1 FROM pg_class WHERE oid = to_regclass($1)`, [`signalbox.${name}`]);
      if (found.length > 0) return;
      // The check lets PostgreSQL attach without reading the table.
      await manager.query(`
        CREATE TABLE signalbox.${name} (
          LIKE signalbox.trace INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING INDEXES,
          CONSTRAINT day CHECK (at >= '${from}' AND at < '${to}')
        )`);
      await manager.query(`ALTER TABLE signalbox.trace ATTACH PARTITION signalbox.${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
      await manager.query(`ALTER TABLE signalbox.${name} DROP CONSTRAINT day`);
    });
  }
}
