import { cpus, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

function versionOf(name: string): string {
  const path = findPackageJSON(name, import.meta.url);
  if (path === undefined) throw new Error(`${name} is not installed; run npm ci`);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** The line every benchmark prints first: figures mean nothing without it. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, ${memoryGib} GiB, Node ${process.version}, onnxruntime-node ${versionOf('onnxruntime-node')}`;
}
