import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { ImportDesk } from './import-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class ImportsController {
  constructor(private readonly desk: ImportDesk) {}

  @Endpoint(ROUTES.createImport)
  create(@Input() { body }: In<'createImport'>, @Caller() caller: Principal): Out<'createImport'> {
    return this.desk.create(body, caller);
  }

  @Endpoint(ROUTES.listImports)
  list(@Input() { query }: In<'listImports'>): Out<'listImports'> {
    return this.desk.list(query);
  }

  @Endpoint(ROUTES.getImport)
  get(@Input() { params }: In<'getImport'>): Out<'getImport'> {
    return this.desk.get(params.importId);
  }

  @Endpoint(ROUTES.cancelImport)
  cancel(@Input() { params }: In<'cancelImport'>, @Caller() caller: Principal): Out<'cancelImport'> {
    return this.desk.cancel(params.importId, caller);
  }
}
