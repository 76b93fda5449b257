import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SseWriter } from './sse-writer.ts';

/** Takes text until it is told to be full. */
class Target extends EventEmitter {
  readonly writes: string[] = [];
  full = false;
  destroyed = false;
  ended: string | null = null;

  write(text: string): boolean {
    this.writes.push(text);
    return !this.full;
  }

  end(text: string): void {
    this.ended = text;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('writes what comes in one turn at once', async () => {
  const target = new Target();
  const writer = new SseWriter(target, 1000);
  writer.send('a');
  writer.send('b');
  await turn();
  writer.send('c');
  writer.end('d');
  expect([target.writes, target.ended]).toEqual([['ab'], 'cd']);
});

it('waits while the client takes nothing, then sends what came meanwhile', async () => {
  const target = new Target();
  target.full = true;
  const writer = new SseWriter(target, 1000);
  writer.send('a');
  await turn();
  const ready = writer.ready();
  expect(ready).not.toBeNull();
  writer.send('b');
  writer.send('c');
  await turn();
  expect(target.writes).toEqual(['a']);
  target.full = false;
  target.emit('drain');
  await ready;
  expect(target.writes).toEqual(['a', 'bc']);
  expect(writer.ready()).toBeNull();
  expect(target.listenerCount('close') + target.listenerCount('drain')).toBe(0);
});

it('cuts off a client that takes nothing for too long', async () => {
  const target = new Target();
  target.full = true;
  const writer = new SseWriter(target, 1000);
  writer.send('a');
  await turn();
  const closed = once(target, 'close');
  vi.advanceTimersByTime(1000);
  await closed;
  await writer.ready();
  writer.send('b');
  writer.end('c');
  await turn();
  expect([target.destroyed, target.writes, target.ended]).toEqual([true, ['a'], null]);
});
