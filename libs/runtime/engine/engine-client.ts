import { extname } from 'node:path';
import { type ExpertMask, maskShapeFault } from '#libs/moe/expert-mask';
import { type ExpertChange } from '../health/release-health.ts';
import { type PlacementCounts } from '../placement/expert-placement.ts';
import { checkRequest, tokenBudget } from './admission.ts';
import { type Engine, EngineBusyError, type EngineStatus, type ExpertFigures, type GenerateEvent, type GenerateOutcome, type GenerateRequest, type ReleaseHealthReport } from './engine.ts';
import { type Ask, FrontDesk } from './front-desk.ts';
import { EngineUnavailableError, ReleaseNotLoadedError } from './errors.ts';
import { unstartedOutcome } from './generation.ts';
import { GenerationStream } from './generation-stream.ts';
import { type ReleaseManifest, type Sha256Paths } from './release-source.ts';
import { decideRestart, type RestartLimits } from './restart-policy.ts';
import { eachEvent } from './step-report.ts';
import { totalWeightBytes } from './weight-total.ts';
import { type StepMessage, WorkerConnection } from './worker-connection.ts';
import { type LoadAnswer, monotonicMs, type ReleaseMemory, type SessionCounts, type WorkerSettings } from './worker/protocol.ts';

export interface WorkerEngineOptions extends WorkerSettings {
  readonly restart?: RestartLimits;
  /** Told when the engine thread died, and whether it is being started again. */
  readonly onFailure?: (error: Error, willRestart: boolean) => void;
  /** Told when an expert goes out of service or comes back by itself. */
  readonly onExpert?: (releaseId: string, change: ExpertChange) => void;
  /** Told, as a sentence, what those who run the engine should know. */
  readonly onNotice?: (message: string) => void;
  /** Another worker file, for tests. */
  readonly workerUrl?: URL;
}

export type EngineState = 'ready' | 'restarting' | 'failed' | 'closed';

interface ClientRelease {
  readonly manifest: ReleaseManifest;
  readonly components: Sha256Paths;
  memory: ReleaseMemory;
  /** Set once it is being unloaded: it takes no new requests. Settles when it is gone. */
  leaving: Promise<unknown> | null;
  readonly sessions: LoadAnswer['sessions'];
}

interface ActiveRequest {
  readonly request: GenerateRequest;
  readonly stream: GenerationStream;
  readonly submittedAtMs: number;
  startedAtMs: number | null;
  completionTokens: number;
  detach: () => void;
}

const DEFAULT_RESTART: RestartLimits = { maxRestarts: 3, windowMs: 600_000 };
/** Time for cancelled requests to hand in their rows when the engine closes. */
const CANCEL_GRACE_MS = 2000;
/** For what the thread does beside requests, once they have ended. */
const QUIET_GRACE_MS = 5000;

/** Checks a release before it is loaded again. @throws what is wrong with it */
export type ReloadCheck = (releaseId: string, manifest: ReleaseManifest, components: Sha256Paths) => Promise<void>;

/** The engine in a thread of its own, seen from the main thread. */
export class WorkerEngine implements Engine {
  readonly #options: WorkerEngineOptions;
  readonly #url: URL;
  readonly #releases = new Map<string, ClientRelease>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #active = new Map<number, ActiveRequest>();
  readonly #failuresAtMs: number[] = [];
  /** By release, whether it is loaded or not. */
  readonly #quarantines = new Map<string, ExpertMask>();
  readonly #desk: FrontDesk;
  #connection: WorkerConnection;
  #state: EngineState = 'ready';
  #nextHandle = 0;
  #onIdle: (() => void) | null = null;
  #sessions: SessionCounts = { resident: 0, made: 0, shared: 0 };
  #placement: PlacementCounts | null = null;
  #checkReload: ReloadCheck = () => Promise.resolve();
  /** Of all releases; counted when one comes or goes, as a large model has thousands of components. */
  #weightBytes = 0;

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    this.#desk = new FrontDesk(options.limits);
    this.#url = options.workerUrl ?? new URL(`./worker/main${extname(import.meta.url)}`, import.meta.url);
    this.#connection = this.#connect();
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Has releases checked before a thread that died is started again with them. What the check throws fails the engine. */
  checkReloads(check: ReloadCheck): void {
    this.#checkReload = check;
  }

  /** Calls for a release that is loaded, or being loaded, share its one load. */
  load(releaseId: string, manifest: ReleaseManifest, components: Sha256Paths): Promise<void> {
    const underWay = this.#loading.get(releaseId);
    if (underWay) return underWay;
    const loading = this.#loadOnce(releaseId, manifest, components).finally(() => this.#loading.delete(releaseId));
    this.#loading.set(releaseId, loading);
    return loading;
  }

  async #loadOnce(releaseId: string, manifest: ReleaseManifest, components: Sha256Paths): Promise<void> {
    this.#assertReady();
    const present = this.#releases.get(releaseId);
    if (present && !present.leaving) return;
    await present?.leaving;
    const { memory, sessions, engineSessions, placement } = await this.#connection.call('load', { releaseId, manifest, components });
    this.#sessions = engineSessions;
    this.#placement = placement;
    await this.#sendQuarantine(this.#connection, releaseId, manifest);
    this.#releases.set(releaseId, { manifest, components, memory, sessions, leaving: null });
    this.#countWeights();
  }

  async unload(releaseId: string): Promise<void> {
    const release = this.#releases.get(releaseId);
    if (!release || release.leaving) return;
    const unloaded = this.#connection.call('unload', { releaseId });
    release.leaving = unloaded.catch(() => undefined);
    try {
      this.#sessions = await unloaded;
    } finally {
      this.#releases.delete(releaseId);
      this.#countWeights();
    }
  }

  /**
   * Throws EngineRequestError (the request can never run), EngineBusyError (it is not taken now),
   * ReleaseNotLoadedError or EngineUnavailableError; after that every end comes as an event.
   */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent> {
    this.#assertReady();
    const { releaseId } = request;
    const release = this.#releases.get(releaseId);
    if (!release || release.leaving) throw new ReleaseNotLoadedError(releaseId);
    checkRequest(request, release.manifest.shape, this.#options.limits);
    if (signal.aborted) return cancelledStream(request);
    const ask = askOf(request, release.manifest.shape.contextTokens);
    const submittedAtMs = monotonicMs();
    const admission = this.#desk.decide(ask, submittedAtMs);
    if (admission.decision === 'refuse') throw new EngineBusyError(admission.retryAfterSeconds, admission.reason);

    const handle = this.#nextHandle++;
    this.#desk.admitted(handle, ask, admission.decision === 'run');
    const connection = this.#connection;
    const cancel = () => connection.send({ type: 'cancel', releaseId, handle });
    const stream = new GenerationStream(cancel);
    this.#active.set(handle, {
      request,
      stream,
      submittedAtMs,
      startedAtMs: null,
      completionTokens: 0,
      detach: () => signal.removeEventListener('abort', cancel),
    });
    connection.send({ type: 'generate', releaseId, submission: { handle, request, submittedAtMs } });
    signal.addEventListener('abort', cancel, { once: true });
    return stream;
  }

  async quarantine(releaseId: string, mask: ExpertMask | null): Promise<void> {
    const release = this.#releases.get(releaseId);
    if (release && mask !== null) assertFits(mask, release.manifest);
    if (mask === null) this.#quarantines.delete(releaseId);
    else this.#quarantines.set(releaseId, mask);
    // A load under way reads it when it is done.
    if (!release || this.#state === 'failed' || this.#state === 'closed') return;
    try {
      await this.#connection.call('quarantine', { releaseId, mask });
    } catch (error) {
      // A thread that starts again is told when it has loaded the release again.
      if (this.#state !== 'restarting' && !release.leaving) throw error;
    }
  }

  async health(releaseId: string): Promise<ReleaseHealthReport> {
    this.#assertReady();
    return this.#connection.call('health', { releaseId });
  }

  /** Before a release that has been loaded takes its first request. */
  async #sendQuarantine(connection: WorkerConnection, releaseId: string, manifest: ReleaseManifest): Promise<void> {
    const mask = this.#quarantines.get(releaseId);
    if (mask === undefined) return;
    assertFits(mask, manifest);
    await connection.call('quarantine', { releaseId, mask });
  }

  async drainFigures(releaseId: string): Promise<ExpertFigures[]> {
    this.#assertReady();
    return [...(await this.#connection.call('figures', { releaseId }))];
  }

  status(): EngineStatus {
    return {
      running: this.#desk.running,
      queued: this.#desk.waiting,
      admission: this.#desk.figures(),
      weightBytes: this.#weightBytes,
      sessions: this.#sessions,
      placement: this.#placement,
      releases: Array.from(this.#releases, ([releaseId, { memory, sessions }]) => ({ releaseId, ...memory, sessions })),
    };
  }

  async close(graceMs: number): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (!(await this.#idleWithin(graceMs))) {
      for (const [handle, { request }] of this.#active) this.#connection.send({ type: 'cancel', releaseId: request.releaseId, handle });
      await this.#idleWithin(CANCEL_GRACE_MS);
    }
    await this.#quietWithin(QUIET_GRACE_MS);
    await this.#connection.terminate();
    this.#endAll('cancelled', 'the engine was closed');
  }

  /** Lets probes and loads end too: a thread that is ended within a call of the runtime takes the process with it. */
  async #quietWithin(timeoutMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => late.resolve(), timeoutMs);
    const unloads = Array.from(this.#releases, ([releaseId, { leaving }]) => leaving ?? this.#connection.call('unload', { releaseId }));
    await Promise.race([Promise.allSettled([...this.#loading.values(), ...unloads]), late.promise]);
    clearTimeout(timer);
  }

  #countWeights(): void {
    this.#weightBytes = totalWeightBytes(Array.from(this.#releases.values(), ({ manifest, memory }) => ({ manifest, weightBytes: memory.weightBytes })));
  }

  #connect(): WorkerConnection {
    const { limits, maxCacheBytes, prefixCacheBytes, expertBytes, faultFile, health, plan } = this.#options;
    const connection = new WorkerConnection(
      this.#url,
      { limits, maxCacheBytes, ...(health ? { health } : {}), ...(faultFile === undefined ? {} : { faultFile }), ...(plan ? { plan } : {}), ...(prefixCacheBytes === undefined ? {} : { prefixCacheBytes }), ...(expertBytes === undefined ? {} : { expertBytes }) },
      {
        onStep: (message) => this.#takeStep(message),
        onNotice: (message) => this.#options.onNotice?.(message),
        onExpert: ({ releaseId, change }) => this.#options.onExpert?.(releaseId, change),
        onDeath: (error) => this.#recover(error),
      },
    );
    return connection;
  }

  #assertReady(): void {
    if (this.#state !== 'ready') throw new EngineUnavailableError(`the engine is ${this.#state}`);
  }

  /** What `generate` would throw for such a request, before it is made; null where it would be taken. Counts as a refusal. */
  refusal(ask: Ask): EngineBusyError | null {
    const admission = this.#desk.decide(ask, monotonicMs());
    return admission.decision === 'refuse' ? new EngineBusyError(admission.retryAfterSeconds, admission.reason) : null;
  }

  #takeStep({ releaseId, report, cacheBytes, placement }: StepMessage): void {
    if (placement !== null) this.#placement = placement;
    const release = this.#releases.get(releaseId);
    if (cacheBytes !== null && release) release.memory = { ...release.memory, cacheBytes };
    this.#desk.stepped(report.deltas.handles, monotonicMs());
    eachEvent(report, (handle, event) => {
      const active = this.#active.get(handle);
      if (!active) return;
      if (event.type === 'started') {
        active.startedAtMs = monotonicMs();
        this.#desk.started(handle, event.queueWaitMs);
      } else if (event.type === 'delta') active.completionTokens += event.tokenIds.length;
      else if (event.type === 'finished') this.#end(handle, active, event.outcome);
      active.stream.push(event);
    });
  }

  #end(handle: number, active: ActiveRequest, outcome: GenerateOutcome | null): void {
    this.#active.delete(handle);
    active.detach();
    this.#desk.ended(handle, outcome);
    if (this.#active.size === 0) this.#onIdle?.();
  }

  /** Ends requests whose rows the thread took with it. */
  #endAll(status: 'cancelled' | 'failed', error: string): void {
    for (const [handle, active] of this.#active) {
      const queueWaitMs = (active.startedAtMs ?? monotonicMs()) - active.submittedAtMs;
      const outcome = unstartedOutcome(active.request, status, error, queueWaitMs);
      this.#end(handle, active, null);
      active.stream.push({ type: 'finished', outcome: { ...outcome, completionTokens: active.completionTokens } });
    }
  }

  #recover(error: Error): void {
    const nowMs = monotonicMs();
    this.#failuresAtMs.push(nowMs);
    const restart = decideRestart(this.#failuresAtMs, nowMs, this.#options.restart ?? DEFAULT_RESTART);
    const willRestart = restart.decision === 'restart' && this.#state !== 'closed';
    if (this.#state !== 'closed') this.#state = willRestart ? 'restarting' : 'failed';
    this.#endAll('failed', `the engine failed: ${error.message}`);
    this.#options.onFailure?.(error, willRestart);
    if (willRestart) void this.#restart();
  }

  async #restart(): Promise<void> {
    const connection = this.#connect();
    this.#connection = connection;
    try {
      for (const [releaseId, release] of this.#releases) {
        if (release.leaving) this.#releases.delete(releaseId);
        else await this.#loadAgain(connection, releaseId, release);
      }
      this.#countWeights();
      if (this.#state === 'restarting') this.#state = 'ready';
    } catch (error) {
      // A thread that died while loading has already been dealt with by its own death.
      if (this.#connection !== connection || this.#state !== 'restarting') return;
      this.#state = 'failed';
      this.#options.onFailure?.(error instanceof Error ? error : new Error(String(error)), false);
    }
  }

  async #loadAgain(connection: WorkerConnection, releaseId: string, release: ClientRelease): Promise<void> {
    const { manifest, components } = release;
    await this.#checkReload(releaseId, manifest, components);
    const { memory, engineSessions } = await connection.call('load', { releaseId, manifest, components });
    release.memory = memory;
    this.#sessions = engineSessions;
    await this.#sendQuarantine(connection, releaseId, manifest);
  }

  #idleWithin(timeoutMs: number): Promise<boolean> {
    if (this.#active.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

/** A quarantine may leave a layer without experts: then another model answers. */
function assertFits(mask: ExpertMask, { shape }: ReleaseManifest): void {
  const fault = maskShapeFault(mask, shape.layers, shape.experts);
  if (fault !== null) throw new RangeError(fault);
}

/** The answer to a request whose client was gone before it came. */
function cancelledStream(request: GenerateRequest): GenerationStream {
  const stream = new GenerationStream(() => undefined);
  stream.push({ type: 'finished', outcome: unstartedOutcome(request, 'cancelled', null, 0) });
  return stream;
}

/** A request as the desk sees it. */
function askOf({ promptTokens, choices, maxTokens, tenant, deadlineMs, continues }: GenerateRequest, contextTokens: number): Ask {
  const budget = tokenBudget(maxTokens, promptTokens.length, contextTokens);
  return { promptTokens: promptTokens.length, choices, maxTokens: budget, tenant: tenant ?? '', deadlineMs: deadlineMs ?? null, continues: continues ?? false };
}
