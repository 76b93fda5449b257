import { type DataSource } from 'typeorm';
import { type Activations } from '#libs/store/activation/activations';

/** A release that answers now. */
export interface ServedRelease {
  readonly model: string;
  readonly releaseId: string;
  readonly number: number;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
}

/** Releases that are measured in a round at most: the first ones by model. */
const MAX_RELEASES = 64;

/** The stable release of each model, and its canary. */
export async function servedReleases(dataSource: DataSource, activations: Pick<Activations, 'list'>): Promise<readonly ServedRelease[]> {
  const ids = (await activations.list()).flatMap(({ stable, canary }) => [stable, ...(canary ? [canary.releaseId] : [])]);
  return dataSource.query(
    `SELECT model, id AS "releaseId", number, (manifest->'shape'->>'layers')::int AS layers, (manifest->'shape'->>'experts')::int AS experts,
       (manifest->'routing'->>'topK')::int AS "topK"
     FROM signalbox.release WHERE id = ANY($1::text[]) ORDER BY model, id LIMIT ${MAX_RELEASES}`,
    [ids],
  );
}

/** Recorded requests of a release by when they were admitted, and those that data rules kept from some experts. */
export async function ruledRequests(dataSource: DataSource, releaseNumber: number, fromMs: number, toMs: number): Promise<{ readonly recorded: number; readonly masked: number }> {
  const [row]: { recorded: number; masked: number }[] = await dataSource.query(
    `SELECT count(*)::int AS recorded, count(*) FILTER (WHERE masked_experts > 0)::int AS masked FROM signalbox.trace WHERE at >= $1 AND at < $2 AND release = $3`,
    [new Date(fromMs), new Date(toMs), releaseNumber],
  );
  return row ?? { recorded: 0, masked: 0 };
}
