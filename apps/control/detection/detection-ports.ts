import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Baselines } from '#libs/store/detection/baselines';
import { DetectionOverview } from '#libs/store/detection/detection-overview';
import { Readings } from '#libs/store/detection/readings';

export const BASELINES = Symbol('Baselines');
export type BaselinesPort = Pick<Baselines, 'find' | 'page' | 'adopted' | 'create' | 'adopt' | 'cancel'>;

export const READINGS = Symbol('Readings');
export type ReadingsPort = Pick<Readings, 'current' | 'history' | 'series'>;

export const DETECTION_OVERVIEW = Symbol('DetectionOverview');
export type DetectionOverviewPort = Pick<DetectionOverview, 'read'>;

export const storedDetectionPorts: readonly Provider[] = [
  { provide: BASELINES, inject: [DataSource], useFactory: (dataSource: DataSource) => new Baselines(dataSource) },
  { provide: READINGS, inject: [DataSource], useFactory: (dataSource: DataSource) => new Readings(dataSource) },
  { provide: DETECTION_OVERVIEW, inject: [DataSource], useFactory: (dataSource: DataSource) => new DetectionOverview(dataSource) },
];
