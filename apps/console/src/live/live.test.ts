import { expect, it } from 'vitest';
import { LiveConnection, type LiveState, type Source, waitMs } from './live-connection.ts';
import { type Clock, TagThrottle } from './tag-throttle.ts';

/** A clock that goes on when told to. */
class HandClock implements Clock {
  ms = 0;
  #timers: { readonly id: number; readonly atMs: number; readonly act: () => void }[] = [];
  #ids = 0;
  readonly now = (): number => this.ms;
  readonly setTimeout = (act: () => void, ms: number): number => {
    this.#timers.push({ id: (this.#ids += 1), atMs: this.ms + ms, act });
    return this.#ids;
  };
  readonly clearTimeout = (id: number): void => {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  };
  pass(ms: number): void {
    this.ms += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.ms);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.ms);
    for (const { act } of due) act();
  }
}

class FakeSource implements Source {
  isClosed = false;
  readonly #acts = new Map<string, (event: { data?: unknown; lastEventId?: string }) => void>();
  constructor(readonly url: string) {}
  addEventListener(name: string, act: (event: { data?: unknown; lastEventId?: string }) => void): void {
    this.#acts.set(name, act);
  }
  close(): void {
    this.isClosed = true;
  }
  tell(name: string, tags: readonly string[] = [], lastEventId = ''): void {
    this.#acts.get(name)?.({ data: JSON.stringify({ tags }), lastEventId });
  }
}

it('passes acts on at once, and traffic at intervals without losing any', () => {
  const clock = new HandClock();
  const passed: string[] = [];
  const throttle = new TagThrottle(clock, (tags) => passed.push(...tags));
  throttle.take(['alerts', 'traffic']);
  throttle.take(['alerts', 'traffic']);
  throttle.take(['traffic']);
  expect(passed).toEqual(['alerts', 'traffic', 'alerts']);
  clock.pass(4999);
  expect(passed).toHaveLength(3);
  clock.pass(1);
  expect(passed.slice(3)).toEqual(['traffic']);
  clock.pass(60_000);
  expect(passed).toHaveLength(4);
});

it('comes back after a break where it left off, ever more patiently, and says how it stands', () => {
  const clock = new HandClock();
  const sources: FakeSource[] = [];
  const states: LiveState[] = [];
  const tags: string[] = [];
  let refused = 0;
  const connection = new LiveConnection({
    open: (url) => (sources.push(new FakeSource(url)), sources.at(-1)!), clock, random: () => 0.5,
    onState: (state) => states.push(state), onTags: (some) => tags.push(...some), onRefused: () => (refused += 1),
  });
  connection.start();
  sources[0]!.tell('ready', [], '7.a');
  sources[0]!.tell('changed', ['models'], '8.b');
  expect([states.at(-1), tags]).toEqual(['live', ['models']]);
  for (const ms of [500, 1000, 2000, 4000]) {
    sources.at(-1)!.tell('error');
    expect(sources.at(-1)!.isClosed).toBe(true);
    const before = sources.length;
    clock.pass(ms - 1);
    expect(sources.length).toBe(before);
    clock.pass(1);
    expect(sources.length).toBe(before + 1);
  }
  expect([states.slice(-4), refused]).toEqual([['reconnecting', 'reconnecting', 'reconnecting', 'offline'], 1]);
  expect(sources.at(-1)!.url).toBe('/api/v1/events?after=8.b');
  sources.at(-1)!.tell('ready', ['alerts'], '9.c');
  expect([states.at(-1), tags.at(-1)]).toEqual(['live', 'alerts']);
  connection.stop();
  expect(sources.at(-1)!.isClosed).toBe(true);
  clock.pass(60_000);
  expect(sources).toHaveLength(5);
});

it('waits from half a second to a quarter of a minute, give or take a quarter', () => {
  expect([waitMs(1, 0), waitMs(1, 1), waitMs(50, 0), waitMs(50, 1)]).toEqual([375, 625, 11_250, 18_750]);
});
