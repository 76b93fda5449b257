import { parentPort, workerData } from 'node:worker_threads';
import { serveEngine } from '../worker/serve-engine.ts';
import { type WorkerSettings } from '../worker/protocol.ts';
import { FakeForwardPass } from './fake-forward-pass.ts';

/** Prompt tokens that make the fake engine misbehave. */
const CRASH = 4095;
const FAIL_STEP = 4094;

if (!parentPort) throw new Error('this file is started as a worker thread');
serveEngine(parentPort, workerData as WorkerSettings, ({ manifest: { shape, routing }, chunkTokens }) =>
  Promise.resolve(
    new FakeForwardPass({
      vocabSize: shape.vocabSize,
      layers: shape.layers,
      experts: shape.experts,
      topK: routing.topK,
      contextTokens: shape.contextTokens,
      chunkTokens,
      beforeStep: (items) => {
        if (items.some(({ tokens }) => tokens.includes(CRASH))) process.exit(7);
        if (items.some(({ tokens }) => tokens.includes(FAIL_STEP))) throw new Error('the step failed');
      },
    }),
  ),
);
