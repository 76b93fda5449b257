import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { QuarantineDesk } from './quarantine-desk.ts';
import { QUARANTINES, type QuarantinesPort } from './quarantine-ports.ts';

const EVERY_MS = 1_000;
/** Ended in one round; the rest come in the next. */
const MAX_ROUND = 100;

/** Ends quarantines whose time has come. Of several processes each may; the lock of the model lets one. */
@Injectable()
export class QuarantineClock implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger(QuarantineClock.name);
  readonly #repeat = new Repeat(() => this.#look(), EVERY_MS, (error) => this.#log.error(error, 'quarantines past their end could not be ended; it is tried again'));

  constructor(
    @Inject(QUARANTINES) private readonly quarantines: QuarantinesPort,
    private readonly desk: QuarantineDesk,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  onApplicationBootstrap(): void {
    this.#repeat.start();
  }

  /** Before the database is let go. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#repeat.stop();
  }

  async #look(): Promise<void> {
    for (const { model, id } of await this.quarantines.due(this.settings.now(), MAX_ROUND)) await this.desk.expire(model, id);
  }
}
