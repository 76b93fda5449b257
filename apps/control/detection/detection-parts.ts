import { type Provider, type Type } from '@nestjs/common';
import { BaselineDesk } from './baseline-desk.ts';
import { DetectionController } from './detection.controller.ts';
import { ReadingReports } from './reading-reports.ts';

export const detectionControllers: readonly Type[] = [DetectionController];
export const detectionProviders: readonly Provider[] = [BaselineDesk, ReadingReports];
