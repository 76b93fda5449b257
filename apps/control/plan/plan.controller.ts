import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { OverflowForecasts } from './overflow-forecasts.ts';
import { PlacementPlans } from './placement-plans.ts';

@Controller()
export class PlanController {
  constructor(
    private readonly placements: PlacementPlans,
    private readonly forecasts: OverflowForecasts,
  ) {}

  @Endpoint(ROUTES.planPlacement)
  place(@Input() { query }: RouteInput<typeof ROUTES.planPlacement>): Promise<RouteOutput<typeof ROUTES.planPlacement>> {
    return this.placements.plan(query);
  }

  @Endpoint(ROUTES.forecastOverflow)
  forecast(@Input() { query }: RouteInput<typeof ROUTES.forecastOverflow>, @Caller() caller: Principal): Promise<RouteOutput<typeof ROUTES.forecastOverflow>> {
    return this.forecasts.forecast(query, caller);
  }
}
