import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { parseGrader } from '#libs/evaluation/suite/grader';
import { checkItems, parseJsonLines } from '#libs/evaluation/suite/items';
import { parseSuite } from '#libs/evaluation/suite/parse-suite';
import { type Suite } from '#libs/evaluation/suite/suite';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredSuite } from '#libs/store/evaluation/suites';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, page } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { DATASETS, type DatasetsPort, SUITES, type SuitesPort } from './evaluation-ports.ts';
import { asProblems, suiteNotFound } from './evaluation-problems.ts';

type SuiteBody = RouteOutput<typeof ROUTES.getSuite>;

/** All datasets of a suite together, bytes: they are read when it is checked. */
const MAX_DATASET_BYTES = 128 * 1024 ** 2;

/** Takes suites in, each item checked against its task. */
@Injectable()
export class SuiteDesk {
  constructor(
    @Inject(SUITES) private readonly suites: SuitesPort,
    @Inject(DATASETS) private readonly datasets: DatasetsPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async create(body: RouteInput<typeof ROUTES.createSuite>['body'], caller: Principal): Promise<{ readonly suite: SuiteBody; readonly isNew: boolean }> {
    const suite = await asProblems(() => parseSuite(body));
    await this.#check(suite);
    const atMs = this.settings.now();
    const { stored, isNew } = await asProblems(() =>
      this.suites.put(suite, { createdBy: caller.accountId, atMs }, (digest) => auditOf(caller, atMs, 'suite.create', `suite/${digest}`, { name: suite.name, tasks: suite.tasks.map(({ id, kind, dataset }) => ({ id, kind, dataset })) })),
    );
    return { suite: suiteBody(stored), isNew };
  }

  async get(digest: string): Promise<SuiteBody> {
    const found = await this.suites.find(digest);
    if (!found) throw suiteNotFound();
    return suiteBody(found);
  }

  async list({ cursor, limit }: RouteInput<typeof ROUTES.listSuites>['query']): Promise<RouteOutput<typeof ROUTES.listSuites>> {
    const after = decodeCursor(cursor, ([createdAtMs, digest]) => (isInstantMs(createdAtMs) && typeof digest === 'string' ? { createdAtMs, digest } : null));
    const { items, nextCursor } = page(await this.suites.list(limit + 1, after), limit, ({ createdAtMs, digest }) => [createdAtMs, digest]);
    return { items: items.map((stored) => ({ ...listed(stored), tasks: stored.suite.tasks.length })), nextCursor };
  }

  /** @throws ProblemError naming the task, the line and the field */
  async #check({ tasks }: Suite): Promise<void> {
    const sizes = new Map<string, number>();
    for (const [at, { id, dataset }] of tasks.entries()) {
      const found = await this.datasets.find(dataset);
      const field = `tasks[${at}]`;
      await asProblems(() => {
        if (!found) throw new EvaluationError('dataset-missing', 'dataset', `There is no dataset ${dataset}: send it by POST /api/v1/datasets first.`);
        sizes.set(dataset, found.sizeBytes);
        if ([...sizes.values()].reduce((sum, size) => sum + size, 0) > MAX_DATASET_BYTES) throw new EvaluationError('suite-too-large', 'dataset', `The datasets of the suite have more than ${MAX_DATASET_BYTES} bytes together: split the suite.`);
      }, { field, text: `Task ${id}` });
    }
    for (const [at, { id, kind, dataset, grader }] of tasks.entries()) {
      const content = await this.datasets.content(dataset);
      // A dataset that has gone since is told of when the suite is kept.
      if (content) await asProblems(() => checkItems(parseGrader(kind, grader, 'grader'), parseJsonLines(content.toString('utf8'))), { field: `tasks[${at}].dataset`, text: `Task ${id}` });
    }
  }
}

function listed({ digest, suite: { name, description }, createdAtMs, createdBy }: StoredSuite) {
  return { digest, name, description, createdAt: new Date(createdAtMs).toISOString(), createdBy };
}

function suiteBody(stored: StoredSuite): SuiteBody {
  const { format, name, description, tasks } = stored.suite;
  return { ...listed(stored), suite: { format, name, description, tasks: tasks.map((task) => ({ ...task, grader: { ...task.grader }, gates: task.gates.map((gate) => ({ ...gate })) })) } };
}
