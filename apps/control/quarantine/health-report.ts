import { Inject, Injectable } from '@nestjs/common';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { processStatus } from '#libs/governance/activation/observed';
import { MAX_QUARANTINES } from '#libs/governance/quarantine/decide-quarantine';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { QUARANTINE_HOLDS, type QuarantineHoldsPort, QUARANTINES, type QuarantinesPort } from './quarantine-ports.ts';
import { quarantineBody } from './quarantine-view.ts';

/** What a process told before is history. */
const HEARD_WITHIN_MS = 60_000;

/** Which experts of a model do not serve, by process. */
@Injectable()
export class HealthReport {
  constructor(
    @Inject(QUARANTINES) private readonly quarantines: QuarantinesPort,
    @Inject(QUARANTINE_HOLDS) private readonly holds: QuarantineHoldsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async of(model: string): Promise<RouteOutput<typeof ROUTES.getExpertHealth>> {
    const nowMs = this.settings.now();
    const heads = await this.quarantines.heads();
    const inForce = await this.quarantines.list({ model, inForce: true }, MAX_QUARANTINES, null);
    const experts = await this.holds.experts(model, nowMs - HEARD_WITHIN_MS);
    const processes = (await this.holds.holds(model)).map((hold) => ({
      processId: hold.processId,
      host: hold.host,
      pid: hold.pid,
      status: processStatus(hold, nowMs),
      lastSeenAt: new Date(hold.lastSeenAtMs).toISOString(),
      quarantineGeneration: hold.generation,
      experts: experts.filter(({ processId }) => processId === hold.processId).map(({ releaseId, layer, expert, state, reason, sinceMs }) => ({ releaseId, layer, expert, state, reason, since: new Date(sinceMs).toISOString() })),
    }));
    return { model, generation: heads.find((head) => head.model === model)?.generation ?? 0, quarantines: inForce.map(quarantineBody), processes };
  }
}
