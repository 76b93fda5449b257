import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Accounts } from './accounts/accounts.ts';
import { AuditLog } from './audit/audit-log.ts';
import { DAY_MS } from './capture/days.ts';
import { CaptureLedger } from './capture/ledger.ts';
import { TracePartitions } from './capture/partitions.ts';
import { Segments } from './capture/segments.ts';
import { TraceWriter } from './capture/trace-writer.ts';
import { GovernanceModes } from './changes/governance-modes.ts';
import { RuleSets } from './data-rules/rule-sets.ts';
import { createDataSource, type StoreOptions } from './data-source.ts';
import { ExpertFigures } from './figures/expert-figures.ts';
import { ImportJobs } from './imports/import-jobs.ts';
import { ApiKeys } from './keys/api-keys.ts';
import { ReleaseOutlines } from './releases/release-outlines.ts';
import { Releases } from './releases/releases.ts';
import { DEFAULT_RETENTION, type RetentionLimits } from './retention/plan-retention.ts';
import { Retention } from './retention/retention.ts';
import { RequestLatencyReader } from './traces/request-latency.ts';
import { TraceReader } from './traces/trace-reader.ts';
import { UsageFolder } from './usage/usage-folder.ts';
import { UsageReader } from './usage/usage-reader.ts';

export interface StoreModuleOptions extends StoreOptions {
  /** Segments in the database beyond which new labels count as `other`; 1000 unless given. */
  readonly maxSegments?: number;
  readonly retention?: RetentionLimits;
}

/** Connects to PostgreSQL and provides the repositories and read models. It does not migrate. */
@Module({})
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  static forRoot(options: StoreModuleOptions): DynamicModule {
    const retention = options.retention ?? DEFAULT_RETENTION;
    const onDataSource = [
      Releases,
      ReleaseOutlines,
      Accounts,
      ApiKeys,
      AuditLog,
      ImportJobs,
      CaptureLedger,
      GovernanceModes,
      TracePartitions,
      TraceReader,
      RequestLatencyReader,
      RuleSets,
    ].map((provide): Provider => ({ provide, inject: [DataSource], useFactory: (dataSource: DataSource) => new provide(dataSource) }));
    const providers: Provider[] = [
      { provide: DataSource, useFactory: () => createDataSource(options).initialize() },
      ...onDataSource,
      { provide: Segments, inject: [DataSource], useFactory: (dataSource: DataSource) => new Segments(dataSource, options.maxSegments ?? 1000) },
      { provide: UsageFolder, inject: [DataSource], useFactory: (dataSource: DataSource) => new UsageFolder(dataSource) },
      {
        provide: UsageReader,
        inject: [DataSource],
        // A day less than is kept: the purge may be under way.
        useFactory: (dataSource: DataSource) => new UsageReader(dataSource, () => Date.now() - (retention.minuteDays - 1) * DAY_MS),
      },
      {
        provide: TraceWriter,
        inject: [DataSource, TracePartitions, Segments, ReleaseOutlines],
        useFactory: (dataSource: DataSource, partitions: TracePartitions, segments: Segments, releases: ReleaseOutlines) =>
          new TraceWriter(dataSource, partitions, segments, releases),
      },
      {
        provide: Retention,
        inject: [DataSource, TracePartitions],
        useFactory: (dataSource: DataSource, partitions: TracePartitions) =>
          new Retention(dataSource, partitions, retention),
      },
      {
        provide: ExpertFigures,
        inject: [DataSource, ReleaseOutlines],
        useFactory: (dataSource: DataSource, releases: ReleaseOutlines) => new ExpertFigures(dataSource, releases),
      },
    ];
    return {
      module: StoreModule,
      global: true,
      providers,
      exports: [DataSource, GovernanceModes, Releases, ReleaseOutlines, Accounts, ApiKeys, AuditLog, ImportJobs, CaptureLedger, TraceWriter, Retention, UsageReader, UsageFolder, TraceReader, RequestLatencyReader, ExpertFigures, RuleSets],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
