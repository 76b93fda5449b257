import { type ComponentName } from '#libs/release/component';
import { type Architecture, type ModelShape, type RoutingSettings } from '#libs/release/manifest';

/** What config.json (and generation_config.json) say of a model. */
export interface ModelDescription {
  readonly architecture: Architecture;
  readonly shape: ModelShape;
  readonly routing: RoutingSettings;
}

/** Where one tensor of a component comes from: a whole tensor of the checkpoint, or a run inside one. */
export interface TensorSource {
  /** Canonical name inside the component (TENSORS in libs/release/component). */
  readonly name: string;
  readonly shape: readonly number[];
  /** Name in the checkpoint. */
  readonly from: string;
  /** Shape that the checkpoint's tensor must have. */
  readonly fromShape: readonly number[];
  /** First element taken, in row-major order; not 0 where several tensors are fused into one. */
  readonly firstElement: number;
}

export interface ComponentSource {
  readonly component: ComponentName;
  readonly tensors: readonly TensorSource[];
}

/** One family of checkpoints: how to recognise it, read its config and find its weights. */
export interface CheckpointArchitecture {
  /** Values of config.json's `model_type`. */
  readonly modelTypes: readonly string[];
  /** Values of config.json's `architectures`. */
  readonly classNames: readonly string[];
  /**
   * @param config content of config.json
   * @param generation content of generation_config.json, null where there is none
   * @throws CheckpointError `malformed-config` or `unsupported-setting`, naming the field
   */
  describe(config: unknown, generation: unknown): ModelDescription;
  /**
   * Every weight component of the model (all but the tokenizer) and the tensors it takes.
   * @param has whether the checkpoint holds a tensor of this name: one family may have several layouts
   */
  components(shape: ModelShape, has: (tensor: string) => boolean): Iterable<ComponentSource>;
  /** Whether a tensor that no component takes can be left out without a word. */
  isDispensable(tensor: string): boolean;
}
