import { readFileSync, writeFileSync } from 'node:fs';

/** Real routing of a model, as the benchmark resamples it. One byte holds the two experts of a token in a layer. */
export interface RoutingPools {
  readonly layers: number;
  readonly experts: number;
  readonly domains: readonly string[];
  /** Requests of each domain that only the table of token routing is counted from; they come first. */
  readonly tableRequests: number;
  /** Requests of each domain that are resampled. */
  readonly poolRequests: number;
  /** Row at which each request begins, by domain, table requests first; one more at the end. */
  readonly firstRow: Uint32Array;
  readonly tokenIds: Uint16Array;
  /** first x 16 + second expert, [row][layer], of the release as it is. */
  readonly decisions: Uint8Array;
  /** The same for changed releases; rows of table requests are left out. */
  readonly changes: readonly ChangedRouting[];
}

export interface ChangedRouting {
  readonly name: string;
  readonly decisions: Uint8Array;
}

interface Header {
  readonly format: 'signalbox.detection-pools/1';
  readonly layers: number;
  readonly experts: number;
  readonly domains: readonly string[];
  readonly tableRequests: number;
  readonly poolRequests: number;
  /** Of all requests, by domain, table requests first. */
  readonly tokens: readonly number[];
  readonly changes: readonly { readonly name: string; readonly sizeBytes: number }[];
}

export function writePools(path: string, pools: RoutingPools): void {
  const { layers, experts, domains, tableRequests, poolRequests, firstRow } = pools;
  const header: Header = {
    format: 'signalbox.detection-pools/1',
    layers,
    experts,
    domains,
    tableRequests,
    poolRequests,
    tokens: Array.from({ length: firstRow.length - 1 }, (_, at) => firstRow[at + 1]! - firstRow[at]!),
    changes: pools.changes.map(({ name, decisions }) => ({ name, sizeBytes: decisions.length })),
  };
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  const tokenIds = Buffer.from(pools.tokenIds.buffer, pools.tokenIds.byteOffset, pools.tokenIds.byteLength);
  writeFileSync(path, Buffer.concat([line, tokenIds, pools.decisions, ...pools.changes.map(({ decisions }) => decisions)]));
}

/** @throws Error that says how to make the file */
export function readPools(path: string): RoutingPools {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(`No pools of real routing at ${path}: make them with --make-pools --text DIR --pools ${path}, or leave them out with --settings synthetic.`, { cause: error });
  }
  const end = bytes.indexOf(10);
  const header = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString('utf8')) as Header;
  if (header.format !== 'signalbox.detection-pools/1') throw new Error(`${path} holds no pools of this version: make them again with --make-pools.`);
  const firstRow = new Uint32Array(header.tokens.length + 1);
  for (const [at, tokens] of header.tokens.entries()) firstRow[at + 1] = firstRow[at]! + tokens;
  const rows = firstRow.at(-1) ?? 0;
  let offset = end + 1;
  const take = (sizeBytes: number): Uint8Array => bytes.slice(offset, (offset += sizeBytes));
  const { layers, experts, domains, tableRequests, poolRequests } = header;
  const tokenIds = new Uint16Array(new Uint8Array(take(rows * 2)).buffer);
  const decisions = take(rows * layers);
  const changes = header.changes.map(({ name, sizeBytes }) => ({ name, decisions: take(sizeBytes) }));
  if (offset !== bytes.length) throw new Error(`${path} has ${bytes.length} bytes, its header speaks of ${offset}: make it again with --make-pools.`);
  return { layers, experts, domains, tableRequests, poolRequests, firstRow, tokenIds, decisions, changes };
}
