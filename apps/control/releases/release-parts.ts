import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CompatibilityRecords } from '#libs/store/registry/compatibility-records';
import { ReleaseSets } from '#libs/store/releases/release-sets';
import { releaseUses } from '#libs/store/releases/release-uses';
import { ReleaseDesk } from './release-desk.ts';
import { ReleaseDiffer } from './release-differ.ts';
import { COMPATIBILITY, RELEASE_SETS, RELEASE_USES, type ReleaseUsesPort, RELEASE_WRITER } from './release-ports.ts';
import { ReleaseSetDesk } from './release-set-desk.ts';
import { ReleaseUsesDesk } from './release-uses-desk.ts';
import { storedReleaseWriter } from './stored-release-writer.ts';

export const releaseProviders: Provider[] = [ReleaseDesk, ReleaseDiffer, ReleaseSetDesk, ReleaseUsesDesk];

/** Ports over the store. */
export const storedReleasePorts: Provider[] = [
  { provide: RELEASE_WRITER, inject: [DataSource], useFactory: storedReleaseWriter },
  { provide: RELEASE_SETS, inject: [DataSource], useFactory: (dataSource: DataSource) => new ReleaseSets(dataSource) },
  { provide: COMPATIBILITY, inject: [DataSource], useFactory: (dataSource: DataSource) => new CompatibilityRecords(dataSource) },
  { provide: RELEASE_USES, inject: [DataSource], useFactory: (dataSource: DataSource): ReleaseUsesPort => (releaseId) => releaseUses(dataSource, releaseId) },
];
