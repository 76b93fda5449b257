import { type LayerUsage } from '#libs/trace/usage';

/** First byte of packed usage and of packed pairs. */
const VERSION = 1;
/** A number below 2^53 takes at most 8 groups of 7 bits. */
const MAX_VARINT_BYTES = 8;
const SCALARS = [
  'requests', 'tokens', 'droppedSelections', 'dropped', 'rerouted', 'masked', 'fallback', 'sumSquaresCells', 'sumSquaresRequests',
] as const;
const VECTORS = ['load', 'gateMass', 'cross', 'confidence'] as const;

/**
 * Usage of all layers as variable-length integers (7 bits a byte, lowest first): version, layers, experts,
 * bins, then for each layer its scalars and vectors. Pairs are packed apart, because few readers want them.
 * @throws RangeError when the layers differ in shape
 */
export function packUsage(layers: readonly LayerUsage[]): Buffer {
  const experts = layers[0]?.load.length ?? 0;
  const bins = layers[0]?.confidence.length ?? 0;
  const numbers = layers.length * (SCALARS.length + 3 * experts + bins);
  const out = Buffer.allocUnsafe(1 + (3 + numbers) * MAX_VARINT_BYTES);
  out[0] = VERSION;
  let at = 1;
  for (const size of [layers.length, experts, bins]) at = writeVarint(out, at, size);
  for (const layer of layers) {
    if (layer.load.length !== experts || layer.confidence.length !== bins) throw new RangeError('the layers of one usage differ in shape');
    for (const name of SCALARS) at = writeVarint(out, at, layer[name]);
    for (const name of VECTORS) at = writeVector(out, at, layer[name]);
  }
  return out.subarray(0, at);
}

/**
 * The pairs of all layers: version, pairs of a layer, then the layers' counts. Null when they are not counted.
 * With one expert there are no pairs, and none come back.
 */
export function packPairs(layers: readonly Pick<LayerUsage, 'pairs'>[]): Buffer | null {
  const cells = layers[0]?.pairs?.length;
  if (cells === undefined) return null;
  const out = Buffer.allocUnsafe(1 + MAX_VARINT_BYTES * (1 + layers.length * cells));
  out[0] = VERSION;
  let at = writeVarint(out, 1, cells);
  for (const { pairs } of layers) {
    if (pairs?.length !== cells) throw new RangeError('the layers of one usage differ in shape');
    at = writeVector(out, at, pairs);
  }
  return out.subarray(0, at);
}

/** The pairs of each layer that packPairs packed. @throws RangeError for bytes of another version, or cut short */
export function unpackPairs(pairs: Uint8Array): Float64Array[] {
  const reader = new VarintReader(pairs);
  const cells = reader.next();
  const layers: Float64Array[] = [];
  while (!reader.isAtEnd()) layers.push(reader.vector(cells));
  return layers;
}

/**
 * What packUsage and packPairs packed. Without `pairs` those of the layers are null.
 * @throws RangeError for bytes of another version, or cut short
 */
export function unpackUsage(usage: Uint8Array, pairs: Uint8Array | null): LayerUsage[] {
  const reader = new VarintReader(usage);
  const [count, experts, bins] = [reader.next(), reader.next(), reader.next()];
  const pairsOf = pairs === null ? null : unpackPairs(pairs);
  const layers = Array.from({ length: count }, (_, layer): LayerUsage => {
    const [requests, tokens, droppedSelections, dropped, rerouted, masked, fallback, sumSquaresCells, sumSquaresRequests] = [
      reader.next(), reader.next(), reader.next(), reader.next(), reader.next(), reader.next(), reader.next(), reader.next(), reader.next(),
    ];
    return {
      requests, tokens, droppedSelections, dropped, rerouted, masked, fallback, sumSquaresCells, sumSquaresRequests,
      load: reader.vector(experts),
      gateMass: reader.vector(experts),
      cross: reader.vector(experts),
      confidence: reader.vector(bins),
      pairs: pairsOf?.[layer] ?? null,
    };
  });
  reader.end();
  return layers;
}

function writeVector(out: Buffer, offset: number, values: Float64Array): number {
  let at = offset;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < 128) out[at++] = value;
    else at = writeVarint(out, at, value);
  }
  return at;
}

function writeVarint(out: Buffer, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  // Bit operations hold 31 bits; what is above goes by division.
  while (rest > 0x7fffffff) {
    out[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    out[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

class VarintReader {
  private at = 1;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    if (bytes[0] !== VERSION) throw new RangeError(`packed usage of version ${bytes[0]}; this build reads ${VERSION}`);
    this.bytes = bytes;
  }

  next(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('packed usage is cut short');
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }

  vector(length: number): Float64Array {
    if (length > this.bytes.length - this.at) throw new RangeError('packed usage is cut short');
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const byte = this.bytes[this.at]!;
      if (byte < 128) {
        values[i] = byte;
        this.at++;
      } else {
        values[i] = this.next();
      }
    }
    return values;
  }

  isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  end(): void {
    if (this.at !== this.bytes.length) throw new RangeError(`packed usage has ${this.bytes.length} bytes, ${this.at} were read`);
  }
}
