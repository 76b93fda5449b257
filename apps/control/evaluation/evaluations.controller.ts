import { Controller, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ChangeView } from '../changes/change-view.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { bytesOf } from '../uploads/upload-bodies.ts';
import { DatasetDesk } from './dataset-desk.ts';
import { EvaluationDesk } from './evaluation-desk.ts';
import { EvaluationEvidence } from './evaluation-evidence.ts';
import { REPORT_MEDIA_TYPES, reportOf } from './evaluation-report.ts';
import { EvaluationView } from './evaluation-view.ts';
import { RemovalDesk } from './removal-desk.ts';
import { SuiteDesk } from './suite-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** What releases are measured with. */
@Controller()
export class SuitesController {
  constructor(
    private readonly datasets: DatasetDesk,
    private readonly suites: SuiteDesk,
    private readonly removal: RemovalDesk,
  ) {}

  @Endpoint(ROUTES.createDataset)
  async keep(@Req() request: FastifyRequest, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createDataset'> {
    const { dataset, isNew } = await this.datasets.keep(bytesOf(request.body), caller);
    if (!isNew) void reply.status(200);
    return dataset;
  }

  @Endpoint(ROUTES.listDatasets)
  listDatasets(@Input() { query }: In<'listDatasets'>): Out<'listDatasets'> {
    return this.datasets.list(query);
  }

  @Endpoint(ROUTES.getDataset)
  getDataset(@Input() { params }: In<'getDataset'>): Out<'getDataset'> {
    return this.datasets.get(params.sha256);
  }

  @Endpoint(ROUTES.deleteDataset)
  async deleteDataset(@Input() { params }: In<'deleteDataset'>, @Caller() caller: Principal): Promise<void> {
    await this.removal.dataset(params.sha256, caller);
  }

  @Endpoint(ROUTES.createSuite)
  async createSuite(@Input() { body }: In<'createSuite'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createSuite'> {
    const { suite, isNew } = await this.suites.create(body, caller);
    if (!isNew) void reply.status(200);
    return suite;
  }

  @Endpoint(ROUTES.listSuites)
  listSuites(@Input() { query }: In<'listSuites'>): Out<'listSuites'> {
    return this.suites.list(query);
  }

  @Endpoint(ROUTES.getSuite)
  getSuite(@Input() { params }: In<'getSuite'>): Out<'getSuite'> {
    return this.suites.get(params.digest);
  }

  @Endpoint(ROUTES.deleteSuite)
  async deleteSuite(@Input() { params }: In<'deleteSuite'>, @Caller() caller: Principal): Promise<void> {
    await this.removal.suite(params.digest, caller);
  }
}

/** Runs, and what becomes of their results. */
@Controller()
export class EvaluationsController {
  constructor(
    private readonly desk: EvaluationDesk,
    private readonly view: EvaluationView,
    private readonly evidence: EvaluationEvidence,
    private readonly changes: ChangeView,
    private readonly removal: RemovalDesk,
  ) {}

  @Endpoint(ROUTES.createEvaluation)
  async start(@Input() { body }: In<'createEvaluation'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createEvaluation'> {
    const { id, isKnown, cached } = await this.desk.start(body, caller);
    if (isKnown) void reply.status(200);
    return this.view.get(id, cached);
  }

  @Endpoint(ROUTES.listEvaluations)
  list(@Input() { query }: In<'listEvaluations'>): Out<'listEvaluations'> {
    return this.view.list(query);
  }

  @Endpoint(ROUTES.getEvaluation)
  get(@Input() { params }: In<'getEvaluation'>): Out<'getEvaluation'> {
    return this.view.get(params.evaluationId);
  }

  @Endpoint(ROUTES.cancelEvaluation)
  async cancel(@Input() { params }: In<'cancelEvaluation'>, @Caller() caller: Principal): Out<'cancelEvaluation'> {
    await this.desk.cancel(params.evaluationId, caller);
    return this.view.get(params.evaluationId);
  }

  @Endpoint(ROUTES.deleteEvaluation)
  async remove(@Input() { params }: In<'deleteEvaluation'>, @Caller() caller: Principal): Promise<void> {
    await this.removal.run(params.evaluationId, caller);
  }

  @Endpoint(ROUTES.getEvaluationReport)
  async report(@Input() { params, query }: In<'getEvaluationReport'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const text = reportOf(await this.view.concluded(params.evaluationId), query.format);
    void reply.header('content-type', REPORT_MEDIA_TYPES[query.format]);
    return text;
  }

  @Endpoint(ROUTES.attachEvaluation)
  async attach(@Input() { params, headers, body }: In<'attachEvaluation'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'attachEvaluation'> {
    const tag = headers['if-match'];
    await this.evidence.attach({ id: params.changeId, revision: tag === undefined ? undefined : Number(tag.slice(1, -1)) }, body, caller);
    const change = await this.changes.get(params.changeId, caller);
    void reply.header('etag', `"${change.revision}"`);
    return change;
  }
}
