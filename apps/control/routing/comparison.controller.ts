import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { ComparisonReports } from './comparison-reports.ts';

@Controller()
export class ComparisonController {
  constructor(private readonly reports: ComparisonReports) {}

  @Endpoint(ROUTES.compareUsage)
  compare(@Input() { query }: RouteInput<typeof ROUTES.compareUsage>, @Caller() caller: Principal): Promise<RouteOutput<typeof ROUTES.compareUsage>> {
    return this.reports.compare(query, caller);
  }
}
