import { cpus, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function versionOf(name: string): string {
  const path = join(import.meta.dirname, '..', '..', '..', 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** The line every benchmark prints first: figures mean nothing without it. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, ${memoryGib} GiB, Node ${process.version}, onnxruntime-node ${versionOf('onnxruntime-node')}`;
}
