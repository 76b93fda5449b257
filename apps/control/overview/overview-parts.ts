import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Annotations } from '#libs/store/overview/annotations';
import { RequestFiguresReader } from '#libs/store/overview/request-figures';
import { BalanceHistoryReport } from './balance-history-report.ts';
import { OVERVIEW_RECORDS, OverviewDesk, type OverviewRecords } from './overview-desk.ts';
import { OverviewController } from './overview.controller.ts';

export const overviewControllers = [OverviewController];
export const overviewProviders: Provider[] = [OverviewDesk, BalanceHistoryReport];

/** Ports over the store. */
export const storedOverviewPorts: Provider[] = [
  { provide: OVERVIEW_RECORDS, inject: [DataSource], useFactory: (dataSource: DataSource): OverviewRecords => ({ annotations: new Annotations(dataSource), figures: new RequestFiguresReader(dataSource) }) },
];
