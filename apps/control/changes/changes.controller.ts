import { Controller, Headers, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { decodeCursor, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ApplicationDesk } from './application-desk.ts';
import { ChangeDesk, type Seen } from './change-desk.ts';
import { CHANGES, type ChangesPort } from './change-ports.ts';
import { type ChangeBody, ChangeView, listedBody, owedBodies } from './change-view.ts';
import { Dossiers } from './dossier.ts';
import { dossierText } from './dossier-text.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Change requests, read. */
@Controller()
export class ChangesController {
  constructor(
    @Inject(CHANGES) private readonly changes: ChangesPort,
    private readonly view: ChangeView,
    private readonly dossiers: Dossiers,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.listChanges)
  async list(@Input() { query: { cursor, limit, ...filter } }: In<'listChanges'>): Out<'listChanges'> {
    const found = await this.changes.list({ ...filter, limit: limit + 1, beforeNumber: numberIn(cursor) });
    const { items, nextCursor } = page(found, limit, ({ number }) => [number]);
    return { items: items.map(listedBody), nextCursor };
  }

  @Endpoint(ROUTES.listReviewsOwed)
  async owed(@Input() { query: { cursor, limit } }: In<'listReviewsOwed'>): Out<'listReviewsOwed'> {
    const found = await this.changes.list({ owed: true, limit: limit + 1, beforeNumber: numberIn(cursor) });
    const { items, nextCursor } = page(found, limit, ({ number }) => [number]);
    return { items: items.flatMap((one) => owedBodies(one, this.settings.now())), nextCursor };
  }

  @Endpoint(ROUTES.getChange)
  async get(@Input() { params }: In<'getChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'getChange'> {
    return tagged(await this.view.get(params.changeId, caller), reply);
  }

  @Endpoint(ROUTES.getEvidence)
  async evidence(@Input() { params }: In<'getEvidence'>): Out<'getEvidence'> {
    const found = await this.changes.evidenceContent(params.changeId, params.evidenceId);
    if (found) return found;
    throw new ProblemError({ status: 404, code: 'evidence_not_found', title: 'No such evidence here', detail: 'The request has no such evidence, or it lies at the URL that the request shows.', field: 'evidenceId' });
  }

  @Endpoint(ROUTES.getDossier)
  async dossier(@Input() { params, query }: In<'getDossier'>, @Caller() caller: Principal, @Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    const dossier = await this.dossiers.of(params.changeId, caller);
    const wantsText = query.format === 'markdown' || /^text\/(plain|markdown)\b/.test(accept ?? '');
    if (!wantsText) return dossier;
    void reply.header('content-type', 'text/plain; charset=utf-8');
    return dossierText(dossier);
  }
}

/** Change requests, written and decided over. */
@Controller()
export class ChangeActsController {
  constructor(
    private readonly desk: ChangeDesk,
    private readonly view: ChangeView,
  ) {}

  @Endpoint(ROUTES.createChange)
  async create(@Input() { body }: In<'createChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createChange'> {
    return this.#shown(await this.desk.create(body, caller), caller, reply);
  }

  @Endpoint(ROUTES.editChange)
  async edit(@Input() { params, headers, body }: In<'editChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'editChange'> {
    await this.desk.edit(seen(params.changeId, headers), body, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  @Endpoint(ROUTES.submitChange)
  async submit(@Input() { params, headers, body }: In<'submitChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'submitChange'> {
    await this.desk.submit(seen(params.changeId, headers), body.comment ?? null, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  @Endpoint(ROUTES.addEvidence)
  async attach(@Input() { params, headers, body }: In<'addEvidence'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'addEvidence'> {
    await this.desk.attach(seen(params.changeId, headers), body, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  @Endpoint(ROUTES.removeEvidence)
  async detach(@Input() { params }: In<'removeEvidence'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'removeEvidence'> {
    await this.desk.detach(params.changeId, params.evidenceId, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  @Endpoint(ROUTES.commentOnChange)
  async comment(@Input() { params, body }: In<'commentOnChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'commentOnChange'> {
    await this.desk.comment(params.changeId, body.text, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  @Endpoint(ROUTES.approveChange)
  async approve(@Input() { params, headers, body }: In<'approveChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'approveChange'> {
    await this.desk.vote(seen(params.changeId, headers), 'approve', body, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  @Endpoint(ROUTES.rejectChange)
  async reject(@Input() { params, headers, body }: In<'rejectChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'rejectChange'> {
    await this.desk.vote(seen(params.changeId, headers), 'reject', body, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  @Endpoint(ROUTES.withdrawChange)
  async withdraw(@Input() { params, headers, body }: In<'withdrawChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'withdrawChange'> {
    await this.desk.withdraw(seen(params.changeId, headers), body.comment ?? null, caller);
    return this.#shown(params.changeId, caller, reply);
  }

  async #shown(id: string, caller: Principal, reply: FastifyReply): Promise<ChangeBody> {
    return tagged(await this.view.get(id, caller), reply);
  }
}

/** Change requests, applied. */
@Controller()
export class ChangeApplicationsController {
  constructor(
    private readonly desk: ApplicationDesk,
    private readonly view: ChangeView,
  ) {}

  @Endpoint(ROUTES.applyChange)
  async apply(@Input() { params, headers, body }: In<'applyChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'applyChange'> {
    await this.desk.apply(seen(params.changeId, headers), body.comment ?? null, caller);
    return tagged(await this.view.get(params.changeId, caller), reply);
  }

  @Endpoint(ROUTES.promoteChange)
  async promote(@Input() { params, headers, body }: In<'promoteChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'promoteChange'> {
    await this.desk.promote(seen(params.changeId, headers), body.comment ?? null, caller);
    return tagged(await this.view.get(params.changeId, caller), reply);
  }

  @Endpoint(ROUTES.breakGlass)
  async breakGlass(@Input() { params, headers, body }: In<'breakGlass'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'breakGlass'> {
    await this.desk.breakGlass(seen(params.changeId, headers), body, caller);
    return tagged(await this.view.get(params.changeId, caller), reply);
  }

  @Endpoint(ROUTES.scheduleChange)
  async schedule(@Input() { params, headers, body }: In<'scheduleChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'scheduleChange'> {
    await this.desk.schedule(seen(params.changeId, headers), body, caller);
    return tagged(await this.view.get(params.changeId, caller), reply);
  }

  @Endpoint(ROUTES.unscheduleChange)
  async unschedule(@Input() { params, headers }: In<'unscheduleChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'unscheduleChange'> {
    await this.desk.unschedule(seen(params.changeId, headers), caller);
    return tagged(await this.view.get(params.changeId, caller), reply);
  }

  @Endpoint(ROUTES.reviewChange)
  async review(@Input() { params, headers, body }: In<'reviewChange'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'reviewChange'> {
    await this.desk.review(seen(params.changeId, headers), body, caller);
    return tagged(await this.view.get(params.changeId, caller), reply);
  }
}

function seen(id: string, headers: { readonly 'if-match'?: string | undefined }): Seen {
  const tag = headers['if-match'];
  return { id, revision: tag === undefined ? undefined : Number(tag.slice(1, -1)) };
}

function tagged(body: ChangeBody, reply: FastifyReply): ChangeBody {
  void reply.header('etag', `"${body.revision}"`);
  return body;
}

function numberIn(cursor: string | undefined): number | null {
  return decodeCursor(cursor, ([number]) => (Number.isSafeInteger(number) ? (number as number) : null));
}
