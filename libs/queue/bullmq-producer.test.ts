import { describe, expect, it } from 'vitest';
import { type BullQueue } from './bull-adder.ts';
import { BullProducer } from './bullmq-producer.ts';
import { type CaptureJobData } from './job-data.ts';
import { queueConnection } from './postgres-capture-queue.ts';

function queueOf(changes: Partial<BullQueue<CaptureJobData>>): BullQueue<CaptureJobData> & { closed: number } {
  const queue = {
    closed: 0,
    waitUntilReady: () => Promise.resolve(),
    add: () => Promise.resolve(),
    addBulk: () => Promise.resolve(),
    close: () => {
      queue.closed++;
      return Promise.resolve();
    },
    on: () => undefined,
    ...changes,
  };
  return queue;
}
const never = () => new Promise<never>(() => undefined);

describe('BullProducer', () => {
  it('throws away a queue that never became ready and opens another', async () => {
    const opened: ReturnType<typeof queueOf>[] = [];
    const producer = new BullProducer(() => {
      const queue = queueOf(opened.length === 0 ? { waitUntilReady: () => Promise.reject(new Error('refused')) } : opened.length === 1 ? { waitUntilReady: never } : {});
      opened.push(queue);
      return queue;
    }, 10);
    await expect(producer.add([])).rejects.toThrow(/refused/);
    await expect(producer.add([])).rejects.toThrow(/no answer within 10 ms/);
    await producer.add([]);
    await producer.add([]);
    expect(opened.map(({ closed }) => closed)).toEqual([1, 1, 0]);
  });

  it('adds a job alone by itself, and several together', async () => {
    const added: unknown[] = [];
    const queue = queueOf({
      add: (_, { job }, { jobId }) => Promise.resolve(added.push([job.batchId, jobId])),
      addBulk: (jobs) => Promise.resolve(added.push(jobs.map(({ data: { job }, opts: { jobId } }) => [job.batchId, jobId]))),
    });
    const producer = new BullProducer(() => queue);
    const jobs = ['a', 'b', 'c'].map((batchId) => ({ version: 1, batchId, requests: 1, transport: 'inline', data: '', sha256: '' }) as const);
    await producer.add(jobs.slice(0, 1));
    await producer.add(jobs.slice(1));
    expect(added).toEqual([['a', 'a'], [['b', 'b'], ['c', 'c']]]);
  });

  it('sends nothing after a call without an answer until that call has ended', async () => {
    let end: () => void = () => undefined;
    let calls = 0;
    const queue = queueOf({ addBulk: () => (calls++ === 0 ? new Promise<void>((resolve) => (end = resolve)) : Promise.resolve()) });
    const producer = new BullProducer(() => queue, 10);
    await expect(producer.add([])).rejects.toThrow(/no answer/);
    await expect(producer.add([])).rejects.toThrow(/earlier call/);
    expect(calls).toBe(1);
    end();
    await Promise.resolve();
    await expect.poll(() => producer.add([]).then(() => 'added')).toBe('added');
  });
});

describe('queueConnection', () => {
  it('keeps the options of a URL from overriding the search path', () => {
    expect(queueConnection('postgres://u@h/d')).toEqual({ connectionString: 'postgres://u@h/d' });
    expect(queueConnection('postgres://u@h/d?sslmode=require&options=-c%20timezone%3DUTC')).toEqual({
      connectionString: 'postgres://u@h/d?sslmode=require',
      options: '-c timezone=UTC',
    });
    expect(queueConnection('postgres:///d?host=%2Frun&options=-c%20x%3Dy')).toEqual({ connectionString: 'postgres:///d?host=%2Frun', options: '-c x=y' });
  });
});
