import { messageOf } from '../errors/error-code.ts';

const CHECK_INTERVAL_MS = 500;

export interface Supervised {
  readonly isAlive: () => boolean;
  readonly restart: () => Promise<void>;
  readonly log: (message: string) => void;
}

/** Starts the server again whenever it has died. Its stop waits for a restart under way. */
export function superviseServer({ isAlive, restart, log }: Supervised): { stop(): Promise<void> } {
  let underWay: Promise<void> | null = null;
  const revive = async (): Promise<void> => {
    log('The embedded PostgreSQL has died; starting it again.');
    try {
      await restart();
      log('The embedded PostgreSQL is back.');
    } catch (error) {
      log(messageOf(error));
    } finally {
      underWay = null;
    }
  };
  const timer = setInterval(() => {
    if (underWay === null && !isAlive()) underWay = revive();
  }, CHECK_INTERVAL_MS);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await underWay;
    },
  };
}
