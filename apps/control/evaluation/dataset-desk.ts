import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { parseJsonLines } from '#libs/evaluation/suite/items';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredDataset } from '#libs/store/evaluation/datasets';
import { EVALUATION_LIMITS } from '#libs/store/evaluation/evaluation-limits';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, page } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { DATASETS, type DatasetsPort } from './evaluation-ports.ts';
import { asProblems, datasetNotFound } from './evaluation-problems.ts';

type DatasetBody = RouteOutput<typeof ROUTES.getDataset>;

/** Of a body that is too large, so much is read and forgotten. */
const DRAINED_BYTES = 256 * 1024 ** 2;

/** Takes datasets in. */
@Injectable()
export class DatasetDesk {
  constructor(
    @Inject(DATASETS) private readonly datasets: DatasetsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** Keeps what has arrived in full and can be read; nothing of anything else. */
  async keep(bytes: AsyncIterable<Uint8Array>, caller: Principal): Promise<{ readonly dataset: DatasetBody; readonly isNew: boolean }> {
    return asProblems(async () => {
      const content = await gathered(bytes);
      const items = itemsIn(content);
      const atMs = this.settings.now();
      const { dataset, isNew } = await this.datasets.put({ content, items, createdBy: caller.accountId, atMs }, (sha256) => auditOf(caller, atMs, 'dataset.create', `dataset/${sha256}`, { sizeBytes: content.byteLength, items }));
      return { dataset: datasetBody(dataset), isNew };
    });
  }

  async get(sha256: string): Promise<DatasetBody> {
    const found = await this.datasets.find(sha256);
    if (!found) throw datasetNotFound();
    return datasetBody(found);
  }

  async list({ cursor, limit }: RouteInput<typeof ROUTES.listDatasets>['query']): Promise<RouteOutput<typeof ROUTES.listDatasets>> {
    const after = decodeCursor(cursor, ([createdAtMs, sha256]) => (isInstantMs(createdAtMs) && typeof sha256 === 'string' ? { createdAtMs, sha256 } : null));
    const { items, nextCursor } = page(await this.datasets.list(limit + 1, after), limit, ({ createdAtMs, sha256 }) => [createdAtMs, sha256]);
    return { items: items.map(datasetBody), nextCursor };
  }
}

async function gathered(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const { datasetBytes } = EVALUATION_LIMITS;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size <= datasetBytes) chunks.push(chunk);
    // What is too large is still read to its end, as far as that is not far: a sender that is cut off sees no answer.
    else if (size > DRAINED_BYTES) break;
  }
  if (size > datasetBytes) throw new EvaluationError('dataset-too-large', 'dataset', `The dataset has more than ${datasetBytes} bytes. Split it into several.`);
  return Buffer.concat(chunks);
}

function itemsIn(content: Uint8Array): number {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new EvaluationError('malformed-item', 'dataset', 'The dataset is not UTF-8: give JSON objects in UTF-8, one a line.');
  }
  const items = parseJsonLines(text);
  const stranger = items.findIndex((item) => typeof item !== 'object' || item === null || Array.isArray(item));
  if (stranger !== -1) throw new EvaluationError('malformed-item', `item ${stranger + 1}`, `Item ${stranger + 1} is no JSON object; give one a line.`);
  return items.length;
}

function datasetBody({ sha256, sizeBytes, items, createdAtMs, createdBy }: StoredDataset): DatasetBody {
  return { sha256, sizeBytes, items, createdAt: new Date(createdAtMs).toISOString(), createdBy };
}
