import { parentPort, workerData } from 'node:worker_threads';
import { loadForwardPass } from '../../forward/load-release.ts';
import { loadWholeForwardPass } from '../../forward/load-whole-release.ts';
import { type WorkerSettings } from './protocol.ts';
import { serveEngine } from './serve-engine.ts';

if (!parentPort) throw new Error('this file is the engine worker; it is started as a worker thread');
const settings = workerData as WorkerSettings;
const { plan } = settings;
serveEngine(parentPort, settings, plan?.kind === 'whole' ? (source) => loadWholeForwardPass(source, plan.provider) : loadForwardPass);
