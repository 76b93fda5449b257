import { type Logger } from '#libs/platform/logs/logger';
import { type Config } from '#libs/platform/config/config';
import { type Health } from '#libs/platform/health/health';
import { type CaptureProducer } from '#libs/record/handover';

/** What whoever composes the app gives it. The store comes from StoreModule, which must be imported beside it. */
export interface InferenceOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly health: Health;
  /** Where batches of traces are announced. */
  readonly producer: CaptureProducer;
}
export const INFERENCE_OPTIONS = Symbol('InferenceOptions');
