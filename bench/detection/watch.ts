import { type UsageBaseline } from '#libs/detection/baseline/usage-baseline';
import { type DetectorSettings } from '#libs/detection/usage-shift/settings';
import { newShiftState, observeRequest } from '#libs/detection/usage-shift/shift-detector';
import { type WindowRule } from './peers.ts';
import { type RequestCounts } from './setting.ts';

/** Takes requests one by one and says at which it alarms; may alarm again. */
export interface Monitor {
  readonly name: string;
  readonly observe: (request: RequestCounts) => boolean;
}

/** A rule that looks at windows of so many requests that do not overlap. */
export function windowMonitor({ name, statistic, threshold }: WindowRule, windowRequests: number): Monitor {
  let window: RequestCounts[] = [];
  return {
    name,
    observe: (request) => {
      window.push(request);
      if (window.length < windowRequests) return false;
      const value = statistic(window);
      window = [];
      return value >= threshold;
    },
  };
}

export function shiftMonitor(baseline: UsageBaseline, threshold: number, settings: DetectorSettings): Monitor {
  const state = newShiftState(baseline.experts, settings);
  return { name: `Signalbox, threshold ${threshold}`, observe: (request) => observeRequest(state, sharesOf(request), baseline, threshold, settings) !== null };
}

export function sharesOf(request: RequestCounts): Float32Array {
  const n = request.reduce((a, b) => a + b, 0);
  return Float32Array.from(request, (count) => count / n);
}
