import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { DerivationDesk } from './derivation-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class DerivationsController {
  constructor(private readonly desk: DerivationDesk) {}

  @Endpoint(ROUTES.createDerivation)
  quantise(@Input() { params, body }: In<'createDerivation'>, @Caller() caller: Principal): Out<'createDerivation'> {
    return this.desk.quantise(params.releaseId, body, caller);
  }

  @Endpoint(ROUTES.createDenseTwin)
  densify(@Input() { params, body }: In<'createDenseTwin'>, @Caller() caller: Principal): Out<'createDenseTwin'> {
    return this.desk.densify(params.releaseId, body, caller);
  }
}
