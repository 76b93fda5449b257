import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { isErrorWithCode } from '../errors/error-code.ts';

/** Below the ports that systems give to whoever asks for any: none of those takes the server's port while the server is down. */
const FIRST_PORT = 12_000;
const PORTS = 8_000;
const MAX_TRIES = 20;

const recordSchema = z.object({
  /** Folder of data, log and copied programs; fixed at the first start. */
  place: z.string(),
  /** Tried first at the next start, so that the address stays. */
  port: z.number().int(),
  password: z.string().min(16),
});

/** What a later start must know, kept with mode 0600 because of the password. */
export type LaunchRecord = z.output<typeof recordSchema>;

const recordPath = (home: string): string => join(home, 'postgres', 'launch.json');

/** null before the first start. */
export function readLaunchRecord(home: string): LaunchRecord | null {
  let text: string;
  try {
    text = readFileSync(recordPath(home), 'utf8');
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT')) return null;
    throw error;
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${recordPath(home)} is damaged: it holds the place and password of the embedded PostgreSQL. Restore it from a backup.`, {
      cause: error,
    });
  }
}

export function writeLaunchRecord(home: string, record: LaunchRecord): void {
  const path = recordPath(home);
  mkdirSync(join(home, 'postgres'), { recursive: true, mode: 0o711 });
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** The preferred port if it is free on loopback, else another. 0 prefers none. */
export async function freePort(preferred: number): Promise<number> {
  const drawn = Array.from({ length: MAX_TRIES }, () => FIRST_PORT + randomInt(PORTS));
  for (const port of preferred === 0 ? drawn : [preferred, ...drawn]) {
    try {
      return await listenOnce(port);
    } catch (error) {
      if (!isErrorWithCode(error, 'EADDRINUSE') && !isErrorWithCode(error, 'EACCES')) throw error;
    }
  }
  return listenOnce(0);
}

async function listenOnce(port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => {
    const address = server.address();
    const taken = typeof address === 'object' && address !== null ? address.port : port;
    server.close(() => resolve(taken));
  });
  return promise;
}
