import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type DerivationOrder, type ImportError, type ImportProgress, type ImportStatus } from './import-job.ts';

@Entity('import_job')
export class ImportJobEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') directory!: string;
  @Column('text') model!: string;
  @Column('text') status!: ImportStatus;
  @Column('jsonb', { nullable: true }) progress!: ImportProgress | null;
  @Column('jsonb', { nullable: true }) error!: ImportError | null;
  @Column('jsonb') warnings!: readonly string[];
  @Column('text', { name: 'release_id', nullable: true }) releaseId!: string | null;
  @Column('text', { name: 'parent_release', nullable: true }) parentRelease!: string | null;
  @Column('jsonb', { nullable: true }) derivation!: DerivationOrder | null;
  @Column('text', { nullable: true }) summary!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) finishedAt!: Date | null;
}
