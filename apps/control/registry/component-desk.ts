import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type Sha256 } from '#libs/release/component';
import { type ComponentCard, EMPTY_CARD, type StoredCard } from '#libs/store/registry/component-card';
import { type ComponentVersion } from '#libs/store/registry/component-versions';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, page } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { cardBound, componentFileMissing, componentNotFound, stillReferenced } from './component-problems.ts';
import { COMPONENT_FILES, type ComponentFilesPort, COMPONENT_VERSIONS, type ComponentVersionsPort, COMPONENT_WRITER, type ComponentWriterPort } from './registry-ports.ts';

type Detail = RouteOutput<typeof ROUTES.getComponent>;

const MAX_SHOWN = 100;
/** Comparisons at a time: each reads two files from end to end. */
const MAX_COMPARISONS = 2;

/** Finds, describes, compares and deletes component versions. */
@Injectable()
export class ComponentDesk {
  #comparing = 0;

  constructor(
    @Inject(COMPONENT_VERSIONS) private readonly versions: ComponentVersionsPort,
    @Inject(COMPONENT_WRITER) private readonly writer: ComponentWriterPort,
    @Inject(COMPONENT_FILES) private readonly files: ComponentFilesPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async search({ cursor, limit, ...filter }: RouteInput<typeof ROUTES.listComponents>['query']): Promise<RouteOutput<typeof ROUTES.listComponents>> {
    const after = decodeCursor(cursor, ([createdAtMs, sha256]) => (isInstantMs(createdAtMs) && typeof sha256 === 'string' ? { createdAtMs, sha256 } : null));
    const found = await this.versions.search({
      kind: filter.kind ?? null,
      name: filter.name ?? null,
      model: filter.model ?? null,
      text: filter.text ?? null,
      recalled: filter.recalled ?? null,
      unreferenced: filter.unreferenced ?? false,
      after,
      limit: limit + 1,
    });
    const { items, nextCursor } = page(found, limit, ({ createdAtMs, sha256 }) => [createdAtMs, sha256]);
    return { items: items.map((one) => ({ ...summary(one), title: one.card.title, owner: one.card.owner, licence: one.card.licence })), nextCursor };
  }

  async get(sha256: Sha256): Promise<Detail> {
    const found = await this.versions.find(sha256);
    if (!found) throw componentNotFound(sha256);
    const [present, usedBy, madeFrom, madeInto] = await Promise.all([
      this.files.has(sha256),
      this.versions.holders(sha256, MAX_SHOWN),
      this.versions.ancestors(sha256, MAX_SHOWN),
      this.versions.children(sha256, MAX_SHOWN),
    ]);
    return {
      ...summary(found),
      present,
      card: cardBody(found.card),
      usedBy: usedBy.map(({ createdAtMs, ...one }) => ({ ...one, createdAt: new Date(createdAtMs).toISOString() })),
      madeFrom: [...madeFrom],
      madeInto: [...madeInto],
    };
  }

  async putCard(sha256: Sha256, card: ComponentCard, expectedRevision: number, caller: Principal): Promise<Detail> {
    const before = await this.versions.find(sha256);
    if (!before) throw componentNotFound(sha256);
    if (card.parentSha256 === sha256) {
      throw new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: 'Body field parentSha256: a version is not made from itself; name another one, or null.', field: 'parentSha256' });
    }
    const atMs = this.settings.now();
    const audit = { ...auditOf(caller, atMs, 'component.card', `component/${sha256}`, { revision: expectedRevision + 1 }), before: plain(before.card), after: card };
    const written = await this.writer.writeCard({ sha256, card, expectedRevision, atMs, by: caller.accountId }, audit);
    if (written === 'written') return this.get(sha256);
    if (written !== 'stale') throw cardBound(written.boundBy);
    const now = await this.get(sha256);
    throw new ProblemError({
      status: 412,
      code: 'revision_changed',
      title: 'Someone else changed it',
      detail: `Header If-Match: the card is now at revision "${now.card.revision}", written by ${now.card.updatedBy ?? 'nobody'}. Read it again and decide anew.`,
      field: 'if-match',
    });
  }

  async compare({ a, b }: RouteInput<typeof ROUTES.compareComponents>['query']): Promise<RouteOutput<typeof ROUTES.compareComponents>> {
    const known = await this.versions.known([a, b]);
    const [one, other] = [known.get(a), known.get(b)];
    if (!one) throw componentNotFound(a, 'a');
    if (!other) throw componentNotFound(b, 'b');
    if (one.kind !== other.kind) {
      throw new ProblemError({ status: 409, code: 'kinds_differ', title: 'The component versions are of different kinds', detail: `Query field b: it is a ${other.kind}, a is a ${one.kind}. Compare versions of one kind.`, field: 'b' });
    }
    for (const sha256 of [a, b]) if (!(await this.files.has(sha256))) throw componentFileMissing(sha256);
    if (one.kind === 'tokenizer') return { a, b, identical: a === b, tensors: [] };
    if (this.#comparing >= MAX_COMPARISONS) {
      throw new ProblemError({ status: 429, code: 'too_many_comparisons', title: 'Too many comparisons are running', detail: `At most ${MAX_COMPARISONS} run at a time: try again in a moment.` });
    }
    this.#comparing += 1;
    try {
      const tensors = await this.files.compare(a, b);
      return { a, b, identical: a === b, tensors: tensors.map((tensor) => ({ ...tensor, a: outline(tensor.a), b: outline(tensor.b) })) };
    } finally {
      this.#comparing -= 1;
    }
  }

  async remove(sha256: Sha256, caller: Principal): Promise<void> {
    const before = await this.versions.find(sha256);
    if (!before) throw componentNotFound(sha256);
    const audit = { ...auditOf(caller, this.settings.now(), 'component.delete', `component/${sha256}`), before: { kind: before.kind, sizeBytes: before.sizeBytes, card: plain(before.card) } };
    const outcome = await this.writer.remove(sha256, audit);
    if (outcome.removed) return;
    if (outcome.reason === 'missing') throw componentNotFound(sha256);
    if (outcome.reason === 'referenced') throw stillReferenced(`Component version ${sha256}`, outcome.references);
    throw new ProblemError({ status: 409, code: 'import_running', title: 'An import is running', detail: 'A running import may be about to use this version: delete it when GET /api/v1/imports shows none that waits or runs.' });
  }
}

function summary({ sha256, kind, sizeBytes, createdAtMs, recall, releases }: ComponentVersion) {
  return {
    sha256,
    kind,
    sizeBytes,
    createdAt: new Date(createdAtMs).toISOString(),
    recall: recall && { at: new Date(recall.atMs).toISOString(), by: recall.by, reason: recall.reason },
    releases,
  };
}

function cardBody({ updatedAtMs, ...card }: StoredCard): Detail['card'] {
  return { ...card, updatedAt: updatedAtMs === null ? null : new Date(updatedAtMs).toISOString() };
}

/** Only what people wrote, for the audit log. */
function plain(card: StoredCard): ComponentCard {
  return Object.fromEntries(Object.keys(EMPTY_CARD).map((field) => [field, card[field as keyof ComponentCard]])) as unknown as ComponentCard;
}

function outline(tensor: { readonly dtype: string; readonly shape: readonly number[] } | null): { dtype: string; shape: number[] } | null {
  return tensor && { dtype: tensor.dtype, shape: [...tensor.shape] };
}
