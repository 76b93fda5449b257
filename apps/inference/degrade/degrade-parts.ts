import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Engine } from '#libs/runtime/engine/engine';
import { SeenSegments } from '#libs/store/detection/seen-segments';
import { DegradedMinutes } from '#libs/store/quarantine/degraded-minutes';
import { QuarantineHolds } from '#libs/store/quarantine/quarantine-holds';
import { Quarantines } from '#libs/store/quarantine/quarantines';
import { ENGINE } from '../models/served-release.ts';
import { ServedModels } from '../models/served-models.ts';
import { ColdStart } from './cold-start.ts';
import { DegradeFollower } from './degrade-follower.ts';
import { DegradeReports, QUARANTINE_HOLDS } from './degrade-reports.ts';
import { DegradedCounts } from './degraded-counts.ts';
import { ExpertWatch } from './expert-watch.ts';
import { QuarantinesInForce } from './quarantines-in-force.ts';
import { RequestPaths } from './request-paths.ts';

/** Quarantine, and the ways of requests that do not go as usual. */
export const degradeProviders: Provider[] = [
  { provide: QuarantinesInForce, inject: [ENGINE, DataSource], useFactory: (engine: Engine, dataSource: DataSource) => new QuarantinesInForce(engine, new Quarantines(dataSource)) },
  { provide: ExpertWatch, inject: [ENGINE], useFactory: (engine: Engine) => new ExpertWatch(engine) },
  { provide: ColdStart, inject: [DataSource], useFactory: (dataSource: DataSource) => new ColdStart(new SeenSegments(dataSource)) },
  { provide: DegradedCounts, inject: [DataSource], useFactory: (dataSource: DataSource) => new DegradedCounts(new DegradedMinutes(dataSource)) },
  {
    provide: RequestPaths,
    inject: [ExpertWatch, QuarantinesInForce, ColdStart, ServedModels],
    useFactory: (experts: ExpertWatch, quarantines: QuarantinesInForce, coldStart: ColdStart, models: ServedModels) =>
      new RequestPaths(experts, quarantines, coldStart, models, () => experts.look(models.residentIds())),
  },
  { provide: QUARANTINE_HOLDS, inject: [DataSource], useFactory: (dataSource: DataSource) => new QuarantineHolds(dataSource) },
  DegradeFollower,
  DegradeReports,
];
