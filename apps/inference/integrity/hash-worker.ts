import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** Large reads: the thread does nothing else. */
const READ_BYTES = 1024 ** 2;

const port = parentPort;
if (!port) throw new Error('this file is the hashing worker; it is started as a worker thread');

port.on('message', ({ id, path }: { readonly id: number; readonly path: string }) => {
  hashFile(path).then(
    (sha256) => port.postMessage({ id, sha256 }),
    (error: unknown) => port.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
