import { type Expectations, type LoadSettings, type Sent, sendLoad } from './checked-load.ts';
import { type Command, type Operator } from './operator.ts';

/** A way back as its caller saw it. */
export interface WayBack {
  /** The release that was left. */
  readonly release: string;
  readonly calledMs: number;
  readonly answeredMs: number;
}

export interface ChangingLoad {
  readonly sent: readonly Sent[];
  readonly waysBack: readonly WayBack[];
  /** From each call until every process had taken it, all releases loaded. */
  readonly convergedMs: readonly number[];
  readonly commands: number;
}

/** Sends a load while an operator runs commands, evenly spread over its requests, each once the one before has taken hold everywhere. */
export async function changeUnderLoad(
  settings: LoadSettings,
  expectations: Expectations,
  requests: number,
  operator: Operator,
  commands: readonly Command[],
): Promise<ChangingLoad> {
  const progress = { done: 0 };
  let wake: () => void = () => undefined;
  const reached = async (count: number): Promise<void> => {
    while (progress.done < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  const waysBack: WayBack[] = [];
  const convergedMs: number[] = [];
  const command = async (): Promise<void> => {
    for (const [at, next] of commands.entries()) {
      await reached(Math.floor(((at + 0.5) * requests) / commands.length));
      const { releaseId, canary } = await operator.activation();
      const calledMs = performance.now();
      await operator.command(next);
      const left = next.type === 'rollback' ? releaseId : next.type === 'abort' ? canary?.releaseId : undefined;
      if (left !== undefined) waysBack.push({ release: left, calledMs, answeredMs: performance.now() });
      await operator.converged(settings.urls.length);
      convergedMs.push(performance.now() - calledMs);
    }
  };
  const commanding = command();
  // Told of below; the load goes on to its end either way.
  commanding.catch(() => undefined);
  const sent = await sendLoad(settings, expectations, requests, (count) => {
    progress.done = count;
    wake();
  });
  await commanding;
  return { sent, waysBack, convergedMs, commands: commands.length };
}

/** How long after the call requests were still sent to the release that was left, and how long one of them still ran. */
export function lastOnLeft(sent: readonly Sent[], ways: readonly WayBack[]): readonly { readonly lastSentMs: number; readonly lastEndedMs: number }[] {
  return ways.map(({ release, calledMs }, at) => {
    // A later command may bring the release back; in the cycle that is after the next way back.
    const untilMs = ways[at + 1]?.calledMs ?? Infinity;
    const own = sent.filter((one) => one.release === release && one.endMs >= calledMs && one.sentMs < untilMs);
    const started = own.filter(({ sentMs }) => sentMs >= calledMs);
    return {
      lastSentMs: Math.max(0, ...started.map(({ sentMs }) => sentMs - calledMs)),
      lastEndedMs: Math.max(0, ...own.map(({ endMs }) => endMs - calledMs)),
    };
  });
}
