import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { Endpoint, Input } from '../http/endpoint.ts';
import { PrivateUsageReports } from './private-usage-reports.ts';

@Controller()
export class PrivateUsageController {
  constructor(private readonly reports: PrivateUsageReports) {}

  @Endpoint(ROUTES.getPrivateUsage)
  read(@Input() { query }: RouteInput<typeof ROUTES.getPrivateUsage>): Promise<RouteOutput<typeof ROUTES.getPrivateUsage>> {
    return this.reports.read(query);
  }
}
