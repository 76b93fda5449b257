import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { pageAfter } from '../http/cursor.ts';
import { Endpoint, Input } from '../http/endpoint.ts';
import { processBody } from '../models/activation-view.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { PROCESSES, type ProcessesPort } from './processes-port.ts';

@Controller()
export class ProcessesController {
  constructor(
    @Inject(PROCESSES) private readonly processes: ProcessesPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  @Endpoint(ROUTES.listProcesses)
  async list(@Input() { query }: RouteInput<typeof ROUTES.listProcesses>): Promise<RouteOutput<typeof ROUTES.listProcesses>> {
    const nowMs = this.settings.now();
    const { items, nextCursor } = pageAfter(await this.processes.list(), query, ({ id }) => id);
    return { items: items.map((process) => processBody(process, nowMs)), nextCursor };
  }
}
