/** A layer has fewer experts left than it needs, so nothing of the release can be served. */
export class ExpertsExhaustedError extends Error {
  override readonly name = 'ExpertsExhaustedError';
  readonly layers: readonly number[];

  constructor(layers: readonly number[]) {
    super(`experts-exhausted: too few experts are left in layer ${layers.join(', ')}; end a quarantine, wait for the experts to recover, or let another model answer`);
    this.layers = layers;
  }
}
