import { type Config } from '#libs/platform/config/config';
import { type Health } from '#libs/platform/health/health';
import { type Logger } from '#libs/platform/logs/logger';
import { type Shutdown } from '#libs/platform/shutdown/shutdown';
import { type CaptureProducer } from '#libs/queue/capture-queue';

/** What the HTTP roles of a standalone Signalbox are made from. */
export interface HttpOptions {
  readonly config: Config;
  readonly version: string;
  readonly databaseUrl: string;
  readonly traceKey: Buffer;
  readonly producer: CaptureProducer;
  readonly health: Health;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  /** Text of /metrics, of all processes. */
  readonly metrics: () => Promise<string>;
  readonly now: () => number;
}
