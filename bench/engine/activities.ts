import { type CpuProfile, type Frame } from './cpu-profile.ts';

/** Source folders of this project and what is done there, the more special first. */
const FOLDERS: readonly (readonly [part: string, activity: string])[] = [
  ['/libs/runtime/forward/attention-rows.', 'rotation, cache and masks'],
  ['/libs/runtime/forward/kv-cache.', 'rotation, cache and masks'],
  ['/libs/moe/', 'routing, dispatch and combination'],
  ['/libs/runtime/forward/', 'steps: rows, tensors, calls'],
  ['/libs/runtime/health/', 'health of experts'],
  ['/libs/runtime/sampling/', 'sampling'],
  ['/libs/runtime/tokenizer/', 'tokens to text'],
  ['/libs/runtime/grammar/', 'constraints of answers'],
  ['/libs/runtime/engine/', 'scheduling, reports, messages'],
  ['/apps/inference/capture/', 'capture'],
  ['/libs/record/', 'capture'],
  ['/libs/trace/', 'capture'],
  ['/apps/inference/', 'requests and answers'],
  ['/libs/contract/', 'requests and answers'],
  ['/apps/pipeline/', 'pipeline, store and queue'],
  ['/libs/store/', 'pipeline, store and queue'],
  ['/libs/queue/', 'pipeline, store and queue'],
  ['/apps/', 'other parts of the product'],
  ['/libs/', 'other parts of the product'],
];

const V8_STATES: Readonly<Record<string, string>> = {
  '(idle)': 'idle',
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code outside of JavaScript',
};

/** What a sample's stack, innermost frame first, was busy with. */
export function activityOf(stack: readonly Frame[]): string {
  const state = V8_STATES[stack[0]?.functionName ?? ''];
  if (state !== undefined) return state;
  if (isInsideRuntime(stack)) return runKind(stack);
  for (const { url } of stack) {
    const folder = FOLDERS.find(([part]) => url.includes(part));
    if (folder) return folder[1];
  }
  return stack.some(({ url }) => url.includes('/node_modules/pg')) ? 'pipeline, store and queue' : 'Node and libraries: sockets, HTTP, timers';
}

/** Native calls have no frame of their own: their time is that of the function that calls. */
function isInsideRuntime([leaf]: readonly Frame[]): boolean {
  return leaf !== undefined && leaf.functionName === 'runNow' && leaf.url.includes('/forward/direct-session.');
}

function runKind(stack: readonly Frame[]): string {
  const calledBy = (part: string) => stack.some(({ url }) => url.includes(part));
  if (calledBy('/forward/expert-stage.')) return 'ONNX Runtime: experts';
  if (!calledBy('/forward/attention-stage.')) return 'ONNX Runtime: head';
  return stack.some(({ functionName }) => functionName === '#project') ? 'ONNX Runtime: projections' : 'ONNX Runtime: attention, output, router';
}

/** Which thread of the product a profile is of. */
export function threadOf({ nodes }: CpuProfile): string {
  const runs = (part: string) => nodes.some(({ callFrame }) => callFrame.url.includes(part));
  if (runs('/engine/worker/serve-engine.')) return 'engine thread';
  if (runs('/apps/standalone/')) return 'main thread';
  return runs('/apps/pipeline/') ? 'process of the pipeline' : 'other threads and processes';
}
