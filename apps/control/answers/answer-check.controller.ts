import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { Endpoint, Input } from '../http/endpoint.ts';
import { AnswerCheckDesk } from './answer-check-desk.ts';

@Controller()
export class AnswerCheckController {
  constructor(private readonly desk: AnswerCheckDesk) {}

  @Endpoint(ROUTES.getAnswerChecks)
  read(@Input() { query }: RouteInput<typeof ROUTES.getAnswerChecks>): Promise<RouteOutput<typeof ROUTES.getAnswerChecks>> {
    return this.desk.read(query);
  }
}
