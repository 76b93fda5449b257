/** What runs a session: the processor, or an accelerator through WebGPU or CUDA. */
export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda';

/**
 * How a release runs. split: a session for each expert, so that one can be timed, swapped and shared alone;
 * the same bits whatever shares a batch. whole: one graph for the release, for accelerators.
 */
export interface EnginePlan {
  readonly kind: 'split' | 'whole';
  readonly provider: ExecutionProvider;
}
