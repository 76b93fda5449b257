import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { Endpoint, Input } from '../http/endpoint.ts';
import { BalanceHistoryReport } from './balance-history-report.ts';
import { OverviewDesk } from './overview-desk.ts';

@Controller()
export class OverviewController {
  constructor(
    private readonly desk: OverviewDesk,
    private readonly balance: BalanceHistoryReport,
  ) {}

  @Endpoint(ROUTES.listAnnotations)
  annotations(@Input() { query }: RouteInput<typeof ROUTES.listAnnotations>): Promise<RouteOutput<typeof ROUTES.listAnnotations>> {
    return this.desk.annotations(query);
  }

  @Endpoint(ROUTES.getRequestFigures)
  figures(@Input() { query }: RouteInput<typeof ROUTES.getRequestFigures>): Promise<RouteOutput<typeof ROUTES.getRequestFigures>> {
    return this.desk.figures(query);
  }

  @Endpoint(ROUTES.getBalanceHistory)
  balanceHistory(@Input() { query }: RouteInput<typeof ROUTES.getBalanceHistory>): Promise<RouteOutput<typeof ROUTES.getBalanceHistory>> {
    return this.balance.read(query);
  }
}
