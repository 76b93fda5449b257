import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

type HashAnswer = { readonly id: number } & ({ readonly sha256: string } | { readonly error: string });

interface Pending {
  readonly resolve: (sha256: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Hashes files in a thread of its own, one after the other, so that neither the event loop that
 * answers nor the engine's thread waits. The thread starts with the first file.
 */
export class HashThread {
  #worker: Worker | null = null;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #queue: Promise<unknown> = Promise.resolve();

  /** SHA-256 of a file's bytes, 64 hexadecimal digits. @throws Error when it cannot be read */
  hash(path: string): Promise<string> {
    const result = this.#queue.then(() => this.#ask(path));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(path: string): Promise<string> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, path }, []);
    });
  }

  #start(): Worker {
    const extension = extname(import.meta.url);
    const worker = new Worker(new URL(`./hash-worker${extension}`, import.meta.url), { name: 'hashing', execArgv: extension === '.ts' ? ['--conditions=development'] : [] });
    // A process that ends does not wait for a hash that nobody needs any more.
    worker.unref();
    worker.on('message', (answer: HashAnswer) => {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if ('sha256' in answer) pending?.resolve(answer.sha256);
      else pending?.reject(new Error(answer.error));
    });
    const die = (error: Error): void => {
      this.#worker = null;
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    };
    worker.on('error', die);
    worker.on('exit', () => die(new Error('the hashing thread ended; the next load starts it again')));
    return worker;
  }
}
