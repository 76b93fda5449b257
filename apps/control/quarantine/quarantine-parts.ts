import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { QuarantineHolds } from '#libs/store/quarantine/quarantine-holds';
import { Quarantines } from '#libs/store/quarantine/quarantines';
import { HealthReport } from './health-report.ts';
import { HoldWatch } from './hold-watch.ts';
import { QuarantineClock } from './quarantine-clock.ts';
import { QuarantineDesk } from './quarantine-desk.ts';
import { QUARANTINE_HOLDS, QUARANTINES } from './quarantine-ports.ts';
import { QuarantinesController } from './quarantines.controller.ts';

export const quarantineControllers = [QuarantinesController];
export const quarantineProviders: Provider[] = [QuarantineDesk, QuarantineClock, HoldWatch, HealthReport];

/** Ports over the store. */
export const storedQuarantinePorts: Provider[] = [
  { provide: QUARANTINES, inject: [DataSource], useFactory: (dataSource: DataSource) => new Quarantines(dataSource) },
  { provide: QUARANTINE_HOLDS, inject: [DataSource], useFactory: (dataSource: DataSource) => new QuarantineHolds(dataSource) },
];
