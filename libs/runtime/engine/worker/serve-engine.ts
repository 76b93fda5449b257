import { type MessagePort } from 'node:worker_threads';
import { FaultInjection } from '../../faults/fault-injection.ts';
import { newEngineParts } from '../../forward/engine-parts.ts';
import { EnginePlaces } from '../engine-places.ts';
import { ReleaseNotLoadedError } from '../errors.ts';
import { unstartedOutcome } from '../generation.ts';
import { StepReportBuilder, transferables } from '../step-report.ts';
import { type ForwardPassLoader, LoadedRelease } from './loaded-release.ts';
import { type EngineCalls, type FromWorker, type ToWorker, type WorkerSettings } from './protocol.ts';

/** Answers the messages of the main thread until the port closes. */
export function serveEngine(port: MessagePort, settings: WorkerSettings, loadForwardPass: ForwardPassLoader): void {
  const releases = new Map<string, LoadedRelease>();
  const faults = settings.faultFile === undefined ? null : new FaultInjection(settings.faultFile, (message) => port.postMessage({ type: 'notice', message } satisfies FromWorker));
  const parts = newEngineParts(settings.maxCacheBytes, { faults, expertBytes: settings.expertBytes ?? null });
  const places = new EnginePlaces({ ...settings.limits, maxCacheBytes: settings.maxCacheBytes });
  const send = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

  const placement = () => parts.placement?.counts ?? null;

  const loaded = (releaseId: string): LoadedRelease => {
    const release = releases.get(releaseId);
    if (!release) throw new ReleaseNotLoadedError(releaseId);
    return release;
  };

  const load = async ({ releaseId, manifest, components }: EngineCalls['load']['ask']) => {
    const release = await LoadedRelease.load({ manifest, components }, { settings, parts, places, loadForwardPass }, (report, cacheBytes) =>
      send({ type: 'step', releaseId, report, cacheBytes, placement: cacheBytes === null ? null : placement() }, transferables(report)),
      (change) => send({ type: 'expert', releaseId, change }),
    );
    releases.set(releaseId, release);
    return { memory: release.memory(), sessions: release.sessions, engineSessions: parts.sessions.counts, placement: placement() };
  };

  const unload = async ({ releaseId }: EngineCalls['unload']['ask']) => {
    // It stays in the map until it is idle, so that its requests can still be cancelled.
    await loaded(releaseId).dispose();
    releases.delete(releaseId);
    return parts.sessions.counts;
  };

  const answer = async (message: Extract<ToWorker, { type: 'call' }>) => {
    try {
      const value =
        message.name === 'load'
          ? await load(message.ask)
          : message.name === 'unload'
            ? await unload(message.ask)
            : message.name === 'quarantine'
              ? loaded(message.ask.releaseId).quarantine(message.ask.mask)
              : message.name === 'health'
                ? loaded(message.ask.releaseId).health()
                : loaded(message.ask.releaseId).figures();
      send({ type: 'answer', id: message.id, value });
    } catch (error) {
      const { name, message: text } = error instanceof Error ? error : new Error(String(error));
      send({ type: 'refusal', id: message.id, error: { name, message: text } });
    }
  };

  const generate = ({ releaseId, submission }: Extract<ToWorker, { type: 'generate' }>) => {
    const release = releases.get(releaseId);
    if (release) {
      release.submit(submission);
      return;
    }
    const builder = new StepReportBuilder();
    builder.finished(submission.handle, unstartedOutcome(submission.request, 'failed', new ReleaseNotLoadedError(releaseId).message, 0));
    const report = builder.take();
    if (report) send({ type: 'step', releaseId, report, cacheBytes: null, placement: null });
  };

  port.on('message', (message: ToWorker) => {
    if (message.type === 'generate') generate(message);
    else if (message.type === 'cancel') releases.get(message.releaseId)?.cancel(message.handle);
    else void answer(message);
  });
}
