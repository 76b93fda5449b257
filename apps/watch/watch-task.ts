/** Work that the watch does for as long as it runs. */
export interface WatchTask {
  readonly name: string;
  /** Returns at once. */
  start(): void;
  /** Ends what is under way at a safe place. */
  stop(): Promise<void>;
}
