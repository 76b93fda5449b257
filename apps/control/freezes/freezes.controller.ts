import { randomUUID } from 'node:crypto';
import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type FreezeOutcome, type FreezeWindows, type StoredFreeze } from '#libs/store/changes/freeze-windows';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

export const FREEZES = Symbol('FreezeWindows');
export type FreezesPort = Pick<FreezeWindows, 'find' | 'list' | 'between' | 'insert' | 'write'>;
type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;
type FreezeBody = RouteOutput<typeof ROUTES.getFreeze>;
type Fields = Omit<StoredFreeze, 'generation'>;

/** Longer is no freeze but a decision to stop. */
const MAX_FREEZE_MS = 366 * 24 * 3_600_000;

/** Times in which nothing is to change. */
@Controller()
export class FreezesController {
  constructor(
    @Inject(FREEZES) private readonly freezes: FreezesPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.createFreeze)
  async create(@Input() { body }: In<'createFreeze'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createFreeze'> {
    const atMs = this.settings.now();
    const freeze = fieldsOf(randomUUID(), body, caller.accountId);
    await this.freezes.insert(freeze, atMs, { ...auditOf(caller, atMs, 'freeze.create', `freeze/${freeze.id}`), after: shown(freeze), reason: freeze.reason });
    return this.#tagged({ ...freeze, generation: 1 }, reply);
  }

  @Endpoint(ROUTES.listFreezes)
  async list(@Input() { query: { cursor, limit } }: In<'listFreezes'>): Out<'listFreezes'> {
    const after = decodeCursor(cursor, ([endsAtMs, id]) => (typeof endsAtMs === 'number' && typeof id === 'string' ? { endsAtMs, id } : null));
    const { items, nextCursor } = page(await this.freezes.list(limit + 1, after), limit, ({ endsAtMs, id }) => [endsAtMs, id]);
    return { items: items.map((one) => this.#body(one)), nextCursor };
  }

  @Endpoint(ROUTES.getFreeze)
  async get(@Input() { params }: In<'getFreeze'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getFreeze'> {
    const found = await this.freezes.find(params.freezeId);
    if (!found) throw notFound();
    return this.#tagged(found, reply);
  }

  @Endpoint(ROUTES.putFreeze)
  async put(@Input() { params, headers, body }: In<'putFreeze'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putFreeze'> {
    const atMs = this.settings.now();
    const wanted = fieldsOf(params.freezeId, body, caller.accountId);
    const outcome = await this.freezes.write(params.freezeId, generationOf(headers), wanted, atMs, (before) => ({ ...auditOf(caller, atMs, 'freeze.set', `freeze/${before.id}`), before: shown(before), after: shown(wanted), reason: wanted.reason }));
    return this.#tagged(written(outcome), reply);
  }

  @Endpoint(ROUTES.deleteFreeze)
  async remove(@Input() { params, headers }: In<'deleteFreeze'>, @Caller() caller: Principal): Out<'deleteFreeze'> {
    const atMs = this.settings.now();
    const outcome = await this.freezes.write(params.freezeId, generationOf(headers), null, atMs, (before) => ({ ...auditOf(caller, atMs, 'freeze.delete', `freeze/${before.id}`), before: shown(before) }));
    return this.#body(written(outcome));
  }

  #tagged(freeze: StoredFreeze, reply: FastifyReply): FreezeBody {
    void reply.header('etag', `"${freeze.generation}"`);
    return this.#body(freeze);
  }

  #body(freeze: StoredFreeze): FreezeBody {
    return freezeBody(freeze, this.settings.now());
  }
}

export function freezeBody({ id, name, reason, model, startsAtMs, endsAtMs, generation, createdBy }: StoredFreeze, nowMs: number): FreezeBody {
  return { id, name, reason, model, from: new Date(startsAtMs).toISOString(), to: new Date(endsAtMs).toISOString(), active: startsAtMs <= nowMs && nowMs < endsAtMs, generation, createdBy };
}

function fieldsOf(id: string, { name, reason, model, from, to }: In<'createFreeze'>['body'], createdBy: string): Fields {
  const [startsAtMs, endsAtMs] = [Date.parse(from), Date.parse(to)];
  if (endsAtMs <= startsAtMs) throw wrongTime('it must be after from');
  if (endsAtMs - startsAtMs > MAX_FREEZE_MS) throw wrongTime('it must be at most 366 days after from');
  return { id, name, reason, model, startsAtMs, endsAtMs, createdBy };
}

function generationOf(headers: { readonly 'if-match': string }): number {
  return Number(headers['if-match'].slice(1, -1));
}

function written(outcome: FreezeOutcome): StoredFreeze {
  if (outcome.outcome === 'written') return outcome.freeze;
  if (outcome.outcome === 'missing') throw notFound();
  throw new ProblemError({ status: 412, code: 'generation_changed', title: 'Someone else changed it', detail: `Header If-Match: the generation is now "${outcome.generation}". Read the window again and decide anew.`, field: 'if-match' });
}

function shown({ name, reason, model, startsAtMs, endsAtMs }: Fields): unknown {
  return { name, reason, model, from: new Date(startsAtMs).toISOString(), to: new Date(endsAtMs).toISOString() };
}

function notFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'freeze_not_found', title: 'No such freeze window', detail: 'GET /api/v1/freeze-windows lists them.', field: 'freezeId' });
}

function wrongTime(remedy: string): ProblemError {
  return new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: `Body field to: ${remedy}.`, field: 'to' });
}
