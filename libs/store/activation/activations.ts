import { type DataSource, type EntityManager } from 'typeorm';
import { ACTIVATION_COLUMNS, type ActivationRow, type StoredActivation, toActivation } from './activation-row.ts';
import { ActivationUnit } from './activation-unit.ts';

/** What answers for each model. */
export class Activations {
  constructor(private readonly dataSource: DataSource) {}

  /** null where nothing was activated. */
  async find(model: string): Promise<StoredActivation | null> {
    const rows: ActivationRow[] = await this.dataSource.query(`SELECT ${ACTIVATION_COLUMNS} FROM signalbox.activation WHERE model = $1`, [model]);
    return rows[0] ? toActivation(rows[0]) : null;
  }

  /** One for each model that serves, by name. */
  async list(): Promise<readonly StoredActivation[]> {
    const rows: ActivationRow[] = await this.dataSource.query(`SELECT ${ACTIVATION_COLUMNS} FROM signalbox.activation ORDER BY model`);
    return rows.map(toActivation);
  }

  transaction<T>(work: (unit: ActivationUnit) => Promise<T>): Promise<T> {
    return this.dataSource.transaction((manager) => work(new ActivationUnit(manager)));
  }

  /** For work that is part of another's transaction. */
  unit(manager: EntityManager): ActivationUnit {
    return new ActivationUnit(manager);
  }
}
