import { type Provider, type Type } from '@nestjs/common';
import { OverflowForecasts } from './overflow-forecasts.ts';
import { PlacementPlans } from './placement-plans.ts';
import { PlanController } from './plan.controller.ts';

export const planControllers: readonly Type[] = [PlanController];
export const planProviders: readonly Provider[] = [PlacementPlans, OverflowForecasts];
