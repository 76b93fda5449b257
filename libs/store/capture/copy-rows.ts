import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type EntityManager } from 'typeorm';

/** Copies rows of the binary format into a table, on the connection of a running transaction. */
export async function copyRows(manager: EntityManager, table: string, columns: readonly string[], chunks: Iterable<Buffer>): Promise<void> {
  const client = (await manager.queryRunner?.connect()) as Client;
  const stream = client.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN (FORMAT binary)`));
  await pipeline(Readable.from(chunks, { highWaterMark: 1 }), stream);
}
