import { Controller, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type DataRule } from '#libs/governance/data-rules/rule-set';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { overrideWish } from '../protection/override-wish.ts';
import { DataRulesDesk } from './data-rules-desk.ts';
import { DataRulesReports } from './data-rules-reports.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class DataRulesController {
  constructor(
    private readonly desk: DataRulesDesk,
    private readonly reports: DataRulesReports,
  ) {}

  @Endpoint(ROUTES.getDataRules)
  async get(@Input() { params }: In<'getDataRules'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getDataRules'> {
    return tagged(await this.reports.current(params.model), reply);
  }

  @Endpoint(ROUTES.putDataRules)
  async put(@Input() { params, headers, body }: In<'putDataRules'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putDataRules'> {
    const expectedGeneration = Number(headers['if-match'].slice(1, -1));
    const written = await this.desk.set(params.model, body.rules.map(toRule), { expectedGeneration, caller, reason: body.reason ?? null, cause: 'direct', override: overrideWish(body.override) });
    return tagged(await this.reports.body(written), reply);
  }

  @Endpoint(ROUTES.listDataRulesHistory)
  history(@Input() { params, query }: In<'listDataRulesHistory'>): Out<'listDataRulesHistory'> {
    return this.reports.history(params.model, query);
  }

  @Endpoint(ROUTES.checkDataRules)
  check(@Input() { params, body }: In<'checkDataRules'>): Out<'checkDataRules'> {
    return this.reports.check(params.model, body.labels, body.release, body.rules?.map(toRule));
  }
}

/** Leaves out what was not given, so that a rule has one form and one digest. */
function toRule(given: In<'putDataRules'>['body']['rules'][number]): DataRule {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as DataRule;
}

function tagged<T extends { readonly generation: number }>(rules: T, reply: FastifyReply): T {
  void reply.header('etag', `"${rules.generation}"`);
  return rules;
}
