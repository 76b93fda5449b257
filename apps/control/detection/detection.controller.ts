import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { BaselineDesk } from './baseline-desk.ts';
import { ReadingReports } from './reading-reports.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class DetectionController {
  constructor(
    @Inject(BaselineDesk) private readonly baselines: BaselineDesk,
    @Inject(ReadingReports) private readonly reports: ReadingReports,
  ) {}

  @Endpoint(ROUTES.createBaseline)
  async create(@Input() { body }: In<'createBaseline'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createBaseline'> {
    return tagged(reply, await this.baselines.create(body, caller));
  }

  @Endpoint(ROUTES.listBaselines)
  list(@Input() { query }: In<'listBaselines'>): Out<'listBaselines'> {
    return this.baselines.list(query);
  }

  @Endpoint(ROUTES.getBaseline)
  async get(@Input() { params }: In<'getBaseline'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getBaseline'> {
    return tagged(reply, await this.baselines.find(params.baselineId));
  }

  @Endpoint(ROUTES.adoptBaseline)
  async adopt(@Input() { params, headers, body }: In<'adoptBaseline'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'adoptBaseline'> {
    return tagged(reply, await this.baselines.adopt(params.baselineId, headers['if-match'], body.reason, caller));
  }

  @Endpoint(ROUTES.cancelBaseline)
  async cancel(@Input() { params }: In<'cancelBaseline'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'cancelBaseline'> {
    return tagged(reply, await this.baselines.cancel(params.baselineId, caller));
  }

  @Endpoint(ROUTES.listReadings)
  readings(@Input() { query }: In<'listReadings'>): Out<'listReadings'> {
    return this.reports.current(query);
  }

  @Endpoint(ROUTES.listReadingHistory)
  history(@Input() { query }: In<'listReadingHistory'>): Out<'listReadingHistory'> {
    return this.reports.history(query);
  }

  @Endpoint(ROUTES.getReadingSeries)
  series(@Input() { query }: In<'getReadingSeries'>): Out<'getReadingSeries'> {
    return this.reports.series(query);
  }

  @Endpoint(ROUTES.listSignals)
  async signals(): Out<'listSignals'> {
    return this.reports.signals();
  }

  @Endpoint(ROUTES.getDetection)
  detection(): Out<'getDetection'> {
    return this.reports.detection();
  }
}

function tagged<T extends { readonly generation: number }>(reply: FastifyReply, baseline: T): T {
  void reply.header('etag', `"${baseline.generation}"`);
  return baseline;
}
