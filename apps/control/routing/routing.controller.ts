import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { Endpoint, Input } from '../http/endpoint.ts';
import { RoutingReports } from './routing-reports.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class RoutingController {
  constructor(private readonly reports: RoutingReports) {}

  @Endpoint(ROUTES.getUsage)
  usage(@Input() input: In<'getUsage'>): Out<'getUsage'> {
    return this.reports.usage(input.query);
  }

  @Endpoint(ROUTES.getBalance)
  balance(@Input() input: In<'getBalance'>): Out<'getBalance'> {
    return this.reports.balance(input.query);
  }

  @Endpoint(ROUTES.getCoActivation)
  coActivation(@Input() input: In<'getCoActivation'>): Out<'getCoActivation'> {
    return this.reports.coActivation(input.query);
  }

  @Endpoint(ROUTES.getInformation)
  information(@Input() input: In<'getInformation'>): Out<'getInformation'> {
    return this.reports.information(input.query);
  }

  @Endpoint(ROUTES.getTimeline)
  timeline(@Input() input: In<'getTimeline'>): Out<'getTimeline'> {
    return this.reports.timeline(input.query);
  }

  @Endpoint(ROUTES.getExperts)
  experts(@Input() input: In<'getExperts'>): Out<'getExperts'> {
    return this.reports.experts(input.query);
  }
}
