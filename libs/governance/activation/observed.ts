/** Heard of nothing for longer: shown as unreachable. Processes tell of themselves each second. */
const UNREACHABLE_AFTER_MS = 5_000;

export interface SeenProcess {
  readonly lastSeenAtMs: number;
  readonly models: readonly { readonly model: string; readonly generation: number; readonly state: 'ready' | 'loading' | 'failed' }[];
}

export function processStatus({ lastSeenAtMs }: Pick<SeenProcess, 'lastSeenAtMs'>, nowMs: number): 'live' | 'unreachable' {
  return nowMs - lastSeenAtMs > UNREACHABLE_AFTER_MS ? 'unreachable' : 'live';
}

/**
 * Whether all live processes have taken a generation of a model. An unreachable one does not count: it
 * is shown, and nothing tells whether it still runs. False where none is live.
 */
export function hasConverged(processes: readonly SeenProcess[], model: string, generation: number, nowMs: number): boolean {
  const live = processes.filter((process) => processStatus(process, nowMs) === 'live');
  const isThere = ({ models }: SeenProcess): boolean => models.some((one) => one.model === model && one.generation === generation && one.state === 'ready');
  return live.length > 0 && live.every(isThere);
}
