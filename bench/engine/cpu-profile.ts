/** What of V8's CPU profile format is read (Chrome DevTools Protocol, Profiler.Profile). Times are in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  /** Before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: Frame;
  readonly children?: readonly number[];
}

export interface Frame {
  readonly functionName: string;
  readonly url: string;
}

export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Time of a window by what `activityOf` makes of each sample's stack, innermost frame first. */
export function timeByActivity({ nodes, startTime, samples, timeDeltas }: CpuProfile, window: Window, activityOf: (stack: readonly Frame[]) => string): Map<string, number> {
  const activities = nodeActivities(nodes, activityOf);
  const times = new Map<string, number>();
  let atUs = startTime;
  for (const [index, id] of samples.entries()) {
    atUs += timeDeltas[index] ?? 0;
    if (atUs < window.fromUs || atUs >= window.toUs) continue;
    const activity = activities.get(id) ?? 'unknown';
    times.set(activity, (times.get(activity) ?? 0) + (timeDeltas[index + 1] ?? 0));
  }
  return times;
}

function nodeActivities(nodes: readonly ProfileNode[], activityOf: (stack: readonly Frame[]) => string): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const activities = new Map<number, string>();
  const visit = (node: ProfileNode, callers: readonly Frame[]): void => {
    const stack = [node.callFrame, ...callers];
    activities.set(node.id, activityOf(stack));
    for (const child of node.children ?? []) visit(byId.get(child)!, stack);
  };
  const [root] = nodes;
  if (root) visit(root, []);
  return activities;
}
