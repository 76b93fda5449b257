import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { KeyDesk } from './key-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class KeysController {
  constructor(private readonly desk: KeyDesk) {}

  @Endpoint(ROUTES.createKey)
  create(@Input() { body }: In<'createKey'>, @Caller() caller: Principal): Out<'createKey'> {
    return this.desk.create(body, caller);
  }

  @Endpoint(ROUTES.listKeys)
  list(@Input() { query }: In<'listKeys'>): Out<'listKeys'> {
    return this.desk.list(query);
  }

  @Endpoint(ROUTES.revokeKey)
  revoke(@Input() { params }: In<'revokeKey'>, @Caller() caller: Principal): Out<'revokeKey'> {
    return this.desk.revoke(params.keyId, caller);
  }
}
