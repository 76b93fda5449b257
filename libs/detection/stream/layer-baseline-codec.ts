import { type Calibration, CALIBRATION_UNITS, MAX_CALIBRATION_VALUES, MAX_MIXES, type UsageBaseline } from '../baseline/usage-baseline.ts';
import { rowAgreement, SHARE_UNITS, type TokenRouting } from '../router-shift/token-routing.ts';
import { BaselineReader, BaselineWriter } from './baseline-bytes.ts';
import { type LayerBaseline, MAX_TABLE_VALUES } from './layer-baseline.ts';

const VERSION = 1;
/** Experts of a layer that a baseline can be of: the covariance grows with their square. */
const MAX_EXPERTS = 1024;
const MAX_NAME_BYTES = 256;

/** Bytes that no baseline of one layer exceeds: what may be read or stored. */
export const MAX_LAYER_BASELINE_BYTES = 16 * 2 ** 20;

/**
 * One layer's baseline as bytes, little-endian: a version, the experts, both noise floors, the usage's
 * part, and where there is one the token table and the residual's part. Shares in 16 bits, in which
 * they were frozen, so that what is decoded is exactly what was encoded.
 */
export function encodeLayerBaseline(baseline: LayerBaseline): Uint8Array {
  if (baseline.experts > MAX_EXPERTS) throw new RangeError(`experts: ${baseline.experts}; a baseline can be of ${MAX_EXPERTS} at most`);
  const out = new BaselineWriter(MAX_LAYER_BASELINE_BYTES);
  out.u8(VERSION);
  out.u32(baseline.experts);
  out.f64(baseline.noiseFloorBits);
  out.f64(baseline.routingFloorBits);
  writeUsage(out, baseline.usage, baseline.usageExpertBounds);
  out.u8(baseline.routing && baseline.residual ? 1 : 0);
  if (baseline.routing && baseline.residual) {
    writeTable(out, baseline.routing);
    writeUsage(out, baseline.residual, baseline.residualExpertBounds);
  }
  return out.bytes();
}

/** @throws RangeError for bytes of another version, or that are no baseline: freeze it anew */
export function decodeLayerBaseline(bytes: Uint8Array): LayerBaseline {
  const from = new BaselineReader(bytes, MAX_LAYER_BASELINE_BYTES);
  const version = from.u8();
  if (version !== VERSION) throw new RangeError(`the baseline is of version ${version}, this program reads ${VERSION}; freeze it anew`);
  const experts = from.count(MAX_EXPERTS, 'experts');
  const noiseFloorBits = from.f64();
  const routingFloorBits = from.f64();
  const usage = readUsage(from, experts);
  const isRouted = from.u8() === 1;
  const routing = isRouted ? readTable(from, experts) : null;
  const residual = isRouted ? readUsage(from, experts + 1) : null;
  from.end();
  return {
    experts,
    usage: usage.baseline,
    routing,
    residual: residual?.baseline ?? null,
    noiseFloorBits,
    routingFloorBits,
    usageExpertBounds: usage.bounds,
    residualExpertBounds: residual?.bounds ?? new Float32Array(0),
  };
}

function writeUsage(out: BaselineWriter, { experts, mean, covariance, estimatedRequests, calibrations }: UsageBaseline, bounds: Float32Array): void {
  out.u32(estimatedRequests);
  for (const value of mean) out.f64(value);
  for (let i = 0; i < experts; i += 1) for (let j = i; j < experts; j += 1) out.f32(covariance[i * experts + j]!);
  for (const bound of bounds) out.f32(bound);
  out.u32(calibrations.length);
  for (const { name, requests, shares } of calibrations) {
    out.text(name, MAX_NAME_BYTES, 'name of a mix');
    out.u32(requests);
    for (const share of shares) out.i16(Math.round(share * CALIBRATION_UNITS));
  }
}

function readUsage(from: BaselineReader, experts: number): { baseline: UsageBaseline; bounds: Float32Array } {
  const estimatedRequests = from.u32();
  const mean = new Float64Array(experts);
  for (let j = 0; j < experts; j += 1) mean[j] = from.f64();
  const covariance = new Float32Array(experts * experts);
  for (let i = 0; i < experts; i += 1) {
    for (let j = i; j < experts; j += 1) {
      covariance[i * experts + j] = from.f32();
      covariance[j * experts + i] = covariance[i * experts + j]!;
    }
  }
  const bounds = new Float32Array(2 * experts);
  for (let at = 0; at < bounds.length; at += 1) bounds[at] = from.f32();
  const mixes = from.count(MAX_MIXES, 'mixes');
  const calibrations = Array.from({ length: mixes }, (): Calibration => {
    const name = from.text(MAX_NAME_BYTES, 'name of a mix');
    const requests = from.count(Math.max(2, Math.floor(MAX_CALIBRATION_VALUES / experts)), 'calibration requests');
    const shares = new Float32Array(requests * experts);
    for (let at = 0; at < shares.length; at += 1) shares[at] = from.i16() / CALIBRATION_UNITS;
    return { name, requests, shares };
  });
  return { baseline: { experts, mean, covariance, estimatedRequests, calibrations }, bounds };
}

function writeTable(out: BaselineWriter, { rows, shares }: TokenRouting): void {
  out.u32(rows.size);
  for (const tokenId of rows.keys()) out.u32(tokenId);
  for (const share of shares) out.u16(Math.round(share * SHARE_UNITS));
}

function readTable(from: BaselineReader, experts: number): TokenRouting {
  const tokens = from.count(Math.floor(MAX_TABLE_VALUES / experts), 'known tokens');
  const rows = new Map(Array.from({ length: tokens }, (_, row) => [from.u32(), row]));
  const shares = new Float32Array(tokens * experts);
  for (let at = 0; at < shares.length; at += 1) shares[at] = from.u16() / SHARE_UNITS;
  return { experts, rows, shares, agreement: rowAgreement(shares, experts) };
}
