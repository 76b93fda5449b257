import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

export const REGISTRY_CHORES = Symbol('RegistryChores');

/** What the registry does by itself from time to time. Each may run in several processes at once. */
export interface RegistryChores {
  /** Gives up uploads whose time is over, and removes files of uploads that have ended. */
  expireUploads(): Promise<void>;
  /** Finishes what a crash left between the row and the file of a component version. */
  sweepFiles(): Promise<void>;
  /** Computes what releases of an earlier version lack. */
  fillReleaseSets(): Promise<void>;
}

const PERIOD_MS = 10 * 60_000;

/** Runs the registry's chores at the start and every ten minutes. */
@Injectable()
export class RegistryUpkeep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger(RegistryUpkeep.name);
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(@Inject(REGISTRY_CHORES) private readonly chores: RegistryChores) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#start();
    await this.#running;
    this.#timer = setInterval(() => this.#start(), PERIOD_MS);
    this.#timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#running;
  }

  #start(): void {
    this.#running = this.#running.then(async () => {
      for (const chore of [() => this.chores.fillReleaseSets(), () => this.chores.expireUploads(), () => this.chores.sweepFiles()]) {
        // The next round tries again.
        await chore().catch((error: unknown) => this.#log.error(error));
      }
    });
  }
}
