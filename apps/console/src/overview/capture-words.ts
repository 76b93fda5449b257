import { type Settings } from '../api/gen/types.gen.ts';

type Capture = NonNullable<Settings['capture']>;
type Level = Capture['mode'];

/** From the most that is kept of a request to nothing. */
const LEVELS: readonly Level[] = ['full', 'routes', 'aggregate', 'off'];

export const LEVEL_WORDS: Readonly<Record<Level, string>> = { full: 'full traces', routes: 'routes only', aggregate: 'sums only', off: 'off' };
export const LEVEL_ABOUT: Readonly<Record<Level, string>> = {
  full: 'Routes and token ids are kept.',
  routes: 'Routes are kept, without token ids.',
  aggregate: 'No trace of a request is kept, only its part of the usage sums.',
  off: 'Nothing is kept: there are no figures of routing.',
};

/** What is kept of requests to a model. */
interface CaptureInForce {
  readonly level: Level;
  /** Share of requests of which a trace is kept, 0 to 1; the others count in the sums alone. 1 where no traces are kept at all. */
  readonly share: number;
  /** Whether a rule for the model made it less than the level of all. */
  readonly isByRule: boolean;
  /** Data classes of which less is kept still. */
  readonly classes: readonly { readonly value: string; readonly level: Level }[];
}

/** The level in force for a model: that of all requests, unless a rule takes away from it. Rules never add; the strictest counts. */
export function captureOf({ mode, share, rules }: Capture, model: string): CaptureInForce {
  const own = rules.filter(({ field, value }) => field === 'model' && value === model).map(({ level }) => level);
  const level = [mode, ...own].reduce(stricter);
  const classes = rules.filter((rule) => rule.field === 'dataClass' && isLess(rule.level, level)).map(({ value, level: of }) => ({ value, level: of }));
  return { level, share: level === 'full' || level === 'routes' ? share : 1, isByRule: level !== mode, classes };
}

function stricter(a: Level, b: Level): Level {
  return isLess(b, a) ? b : a;
}

function isLess(a: Level, b: Level): boolean {
  return LEVELS.indexOf(a) > LEVELS.indexOf(b);
}
