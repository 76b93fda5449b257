import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ProtectionDesk } from './protection-desk.ts';
import { PROTECTIONS, type ProtectionsPort } from './protection-ports.ts';
import { notProtected } from './protection-problems.ts';
import { overrideBody, protectedBody } from './protection-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Experts that must not be taken away without evidence. */
@Controller()
export class ProtectedExpertsController {
  constructor(
    private readonly desk: ProtectionDesk,
    @Inject(PROTECTIONS) private readonly protections: ProtectionsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.listProtectedExperts)
  async list(@Input() { params: { model }, query: { cursor, limit } }: In<'listProtectedExperts'>): Out<'listProtectedExperts'> {
    const after = decodeCursor(cursor, ([layer, expert]) => (isPlace(layer) && isPlace(expert) ? { layer, expert } : null));
    const { items, nextCursor } = page(await this.protections.list(model, limit + 1, after), limit, ({ layer, expert }) => [layer, expert]);
    return { items: items.map(protectedBody), nextCursor };
  }

  @Endpoint(ROUTES.getProtectedExpert)
  async get(@Input() { params: { model, layer, expert } }: In<'getProtectedExpert'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getProtectedExpert'> {
    const found = await this.protections.find(model, layer, expert);
    if (!found) throw notProtected();
    void reply.header('etag', `"${found.version}"`);
    return protectedBody(found);
  }

  @Endpoint(ROUTES.protectExpert)
  async protect(@Input() { params, headers, body }: In<'protectExpert'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'protectExpert'> {
    const written = await this.desk.protect(params, body.reason, versionOf(headers), caller);
    void reply.header('etag', `"${written.version}"`);
    return protectedBody(written);
  }

  @Endpoint(ROUTES.unprotectExpert)
  async unprotect(@Input() { params, headers, body }: In<'unprotectExpert'>, @Caller() caller: Principal): Out<'unprotectExpert'> {
    return protectedBody(await this.desk.unprotect(params, body.reason, body.evaluationId ?? null, versionOf(headers), caller));
  }

  @Endpoint(ROUTES.adoptProtection)
  async adopt(@Input() { params: { model }, body }: In<'adoptProtection'>, @Caller() caller: Principal): Out<'adoptProtection'> {
    const { adopted, already } = await this.desk.adopt(model, body.evaluationId, caller);
    return { adopted: adopted.map(protectedBody), already: [...already] };
  }

  @Endpoint(ROUTES.listProtectionOverrides)
  async overrides(@Input() { params: { model }, query: { owed, cursor, limit } }: In<'listProtectionOverrides'>): Out<'listProtectionOverrides'> {
    const after = decodeCursor(cursor, ([atMs, id]) => (isInstantMs(atMs) && isUuid(id) ? { atMs, id } : null));
    const { items, nextCursor } = page(await this.protections.overrides(model, owed === 'true', limit + 1, after), limit, ({ atMs, id }) => [atMs, id]);
    return { items: items.map((one) => overrideBody(one, this.settings.now())), nextCursor };
  }

  @Endpoint(ROUTES.reviewProtectionOverride)
  async review(@Input() { params: { model, overrideId }, body }: In<'reviewProtectionOverride'>, @Caller() caller: Principal): Out<'reviewProtectionOverride'> {
    return overrideBody(await this.desk.review(model, overrideId, body, caller), this.settings.now());
  }
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}

function versionOf(headers: { readonly 'if-match'?: string | undefined }): number | null {
  const seen = headers['if-match'];
  return seen === undefined ? null : Number(seen.slice(1, -1));
}
