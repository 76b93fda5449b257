import { type Provider, type Type } from '@nestjs/common';
import { ComparisonReports } from './comparison-reports.ts';
import { ComparisonController } from './comparison.controller.ts';
import { RoutingReports } from './routing-reports.ts';
import { RoutingController } from './routing.controller.ts';

export const routingControllers: readonly Type[] = [RoutingController, ComparisonController];
export const routingProviders: readonly Provider[] = [RoutingReports, ComparisonReports];
