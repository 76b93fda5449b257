import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type ReleaseKind } from '#libs/release/release-diff';
import { integerText } from '../integer-text.ts';

@Entity('component_version')
export class ComponentVersionEntity {
  @PrimaryColumn('text') sha256!: string;
  @Column('text') kind!: string;
  @Column('bigint', { name: 'size_bytes', transformer: integerText }) sizeBytes!: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'recalled_at', nullable: true }) recalledAt!: Date | null;
  @Column('text', { name: 'recalled_by', nullable: true }) recalledBy!: string | null;
  @Column('text', { name: 'recall_reason', nullable: true }) recallReason!: string | null;
}

@Entity('release')
export class ReleaseEntity {
  @PrimaryColumn('text') id!: string;
  @Column('text') model!: string;
  @Column('jsonb') manifest!: ReleaseManifest;
  @Column('text', { name: 'imported_from' }) importedFrom!: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('text', { name: 'parent_release', nullable: true }) parentRelease!: string | null;
  @Column('text', { nullable: true }) kind!: ReleaseKind | null;
  @Column('text', { nullable: true }) summary!: string | null;
  @Column('text', { name: 'created_by', nullable: true }) createdBy!: string | null;
  @Column('text', { nullable: true }) note!: string | null;
}

@Entity('release_component')
export class ReleaseComponentEntity {
  @PrimaryColumn('text', { name: 'release_id' }) releaseId!: string;
  @PrimaryColumn('text') component!: string;
  @Column('text') sha256!: string;
}

@Entity('activation')
export class ActivationEntity {
  @PrimaryColumn('text') model!: string;
  @Column('text', { name: 'stable_release' }) stableRelease!: string;
  @Column('text', { name: 'previous_release', nullable: true }) previousRelease!: string | null;
  @Column('integer') generation!: number;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
