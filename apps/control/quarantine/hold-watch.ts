import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { processStatus } from '#libs/governance/activation/observed';
import { type StoredQuarantine } from '#libs/store/quarantine/quarantine-rows';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { QUARANTINE_HOLDS, type QuarantineHoldsPort } from './quarantine-ports.ts';

/** Longest that an answer waits for the processes: they are told at once, so a longer wait says that one is away. */
const WAIT_MS = 3_000;
const LOOK_EVERY_MS = 20;

export interface Held {
  readonly takenBy: number;
  readonly processes: number;
  readonly tookHold: boolean;
}

/** Waits until inference processes enforce what was written. */
@Injectable()
export class HoldWatch {
  constructor(
    @Inject(QUARANTINE_HOLDS) private readonly holds: QuarantineHoldsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** What they had made of it when all did, or when the time was up. */
  async wait({ model, generation }: Pick<StoredQuarantine, 'model' | 'generation'>): Promise<Held> {
    const untilMs = performance.now() + WAIT_MS;
    for (;;) {
      const held = await this.#look(model, generation);
      if (held.tookHold || performance.now() >= untilMs) return held;
      await delay(LOOK_EVERY_MS);
    }
  }

  async #look(model: string, generation: number): Promise<Held> {
    const nowMs = this.settings.now();
    const live = (await this.holds.holds(model)).filter((process) => processStatus(process, nowMs) === 'live');
    const takenBy = live.filter((process) => process.generation !== null && process.generation >= generation).length;
    return { takenBy, processes: live.length, tookHold: takenBy === live.length };
  }
}
