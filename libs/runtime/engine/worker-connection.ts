import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EngineUnavailableError } from './errors.ts';
import { type CallName, type EngineCalls, type FromWorker, type ToWorker, type WorkerSettings } from './worker/protocol.ts';

export type StepMessage = Extract<FromWorker, { type: 'step' }>;
export type ExpertMessage = Extract<FromWorker, { type: 'expert' }>;
type CallResult = Extract<FromWorker, { type: 'answer' | 'refusal' }>;

interface PendingCall {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export interface ConnectionHandlers {
  readonly onStep: (message: StepMessage) => void;
  readonly onExpert: (message: ExpertMessage) => void;
  /** Something that those who run the engine should know. */
  readonly onNotice: (message: string) => void;
  /** The thread ended though nobody asked; called once. */
  readonly onDeath: (error: Error) => void;
}

/** One engine thread: calls with answers, and the stream of step reports. */
export class WorkerConnection {
  readonly #worker: Worker;
  readonly #calls = new Map<number, PendingCall>();
  #nextCall = 0;
  #ended = false;

  constructor(url: URL, settings: WorkerSettings, handlers: ConnectionHandlers) {
    const fromSource = extname(url.pathname) === '.ts';
    this.#worker = new Worker(url, { workerData: settings, name: 'engine', execArgv: fromSource ? ['--conditions=development'] : [] });
    this.#worker.on('message', (message: FromWorker) => {
      if (message.type === 'step') handlers.onStep(message);
      else if (message.type === 'expert') handlers.onExpert(message);
      else if (message.type === 'notice') handlers.onNotice(message.message);
      else this.#settle(message);
    });
    const die = (error: Error) => {
      if (this.#ended) return;
      this.#end(error);
      handlers.onDeath(error);
    };
    this.#worker.on('error', die);
    this.#worker.on('messageerror', die);
    this.#worker.on('exit', (code) => die(new EngineUnavailableError(`the engine thread ended with code ${code}`)));
  }

  send(message: Exclude<ToWorker, { type: 'call' }>): void {
    this.#worker.postMessage(message, []);
  }

  call<Name extends CallName>(name: Name, ask: EngineCalls[Name]['ask']): Promise<EngineCalls[Name]['answer']> {
    if (this.#ended) return Promise.reject(new EngineUnavailableError('the engine thread has ended'));
    const id = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ type: 'call', id, name, ask }, []);
    });
  }

  async terminate(): Promise<void> {
    this.#end(new EngineUnavailableError('the engine is closed'));
    await this.#worker.terminate();
  }

  #settle(message: CallResult): void {
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.type === 'answer') call?.resolve(message.value as never);
    else call?.reject(Object.assign(new Error(message.error.message), { name: message.error.name }));
  }

  #end(error: Error): void {
    this.#ended = true;
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }
}
