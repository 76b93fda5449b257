import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { TraceReports } from './trace-reports.ts';

@Controller()
export class TracesController {
  constructor(private readonly reports: TraceReports) {}

  @Endpoint(ROUTES.listTraces)
  list(@Input() input: RouteInput<typeof ROUTES.listTraces>): Promise<RouteOutput<typeof ROUTES.listTraces>> {
    return this.reports.list(input.query);
  }

  @Endpoint(ROUTES.countTraces)
  count(@Input() input: RouteInput<typeof ROUTES.countTraces>): Promise<RouteOutput<typeof ROUTES.countTraces>> {
    return this.reports.count(input.query);
  }

  @Endpoint(ROUTES.getRequest)
  find(@Input() { params }: RouteInput<typeof ROUTES.getRequest>, @Caller() caller: Principal): Promise<RouteOutput<typeof ROUTES.getRequest>> {
    return this.reports.find(params.requestId.toLowerCase(), caller);
  }

  @Endpoint(ROUTES.getTrace)
  open(@Input() { params, query }: RouteInput<typeof ROUTES.getTrace>, @Caller() caller: Principal): Promise<RouteOutput<typeof ROUTES.getTrace>> {
    return this.reports.open(params.requestId.toLowerCase(), query.offset, query.rows, caller);
  }
}
