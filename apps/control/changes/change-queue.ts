import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { judgeActs, waitsFor } from '#libs/governance/change/acts';
import { type Actor, isLive, LIVE_STATES } from '#libs/governance/change/change-request';
import { standingOf } from '#libs/governance/change/decide-standing';
import { requirementsOf } from '#libs/governance/change/requirements';
import { type Permission } from '#libs/governance/access/permissions';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredChange, type StoredEvent } from '#libs/store/changes/change-rows';
import { type ListedChange } from '#libs/store/changes/changes';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { actorOf } from './change-desk.ts';
import { CHANGE_STATE, CHANGES, type ChangeFacts, type ChangesPort, type ChangeStatePort } from './change-ports.ts';
import { changeNotFound } from './change-problems.ts';
import { listedBody } from './change-view.ts';

type Queue = RouteOutput<typeof ROUTES.listChangeQueue>;
type Query = RouteInput<typeof ROUTES.listChangeQueue>['query'];
type Standing = RouteOutput<typeof ROUTES.getChangeStanding>;

/** Requests that have not ended. */
const PENDING: readonly string[] = [...LIVE_STATES, 'applying'];
/** Requests looked at for one page, at most: those that wait for others are judged and left out. */
const MAX_LOOKED_AT = 200;

/** Change requests as who works on them needs them: judged for the caller, now. */
@Injectable()
export class ChangeQueue {
  constructor(
    @Inject(CHANGES) private readonly changes: ChangesPort,
    @Inject(CHANGE_STATE) private readonly state: ChangeStatePort,
  ) {}

  async page({ cursor, limit, state, waitingFor, ...filter }: Query, caller: Principal): Promise<Queue> {
    let before = decodeCursor(cursor, ([number]) => (Number.isSafeInteger(number) ? (number as number) : null));
    const items: Queue['items'] = [];
    for (let looked = 0; looked < MAX_LOOKED_AT; looked += limit) {
      const found = await this.changes.list({ ...filter, ...(state === 'pending' ? { states: PENDING } : { state }), limit: limit + 1, beforeNumber: before });
      for (const one of found.slice(0, limit)) {
        before = one.number;
        const item = await this.#item(one, caller);
        if (waitingFor === undefined || item.waitsForYou !== null) items.push(item);
        if (items.length === limit && one !== found.at(-1)) return { items, nextCursor: encodeCursor([before]) };
      }
      if (found.length <= limit) return { items, nextCursor: null };
    }
    return { items, nextCursor: before === null ? null : encodeCursor([before]) };
  }

  /** @throws ProblemError 404 */
  async standing(id: string, caller: Principal): Promise<Standing> {
    const stored = await this.changes.find(id);
    if (!stored) throw changeNotFound();
    const [facts, comments, events] = await Promise.all([this.#facts(stored, caller), this.changes.comments(id), this.changes.events(id)]);
    const who = whoIs(caller);
    return {
      changeId: id,
      revision: stored.revision,
      requirements: requirementsOf(stored, who, facts).map((one) => ({ ...one })),
      acts: judgeActs(stored, who, facts).map(({ act, allowed, blockers }) => ({ act, allowed, blockers: blockers.map((one) => ({ ...one })) })),
      waitsForYou: waitsFor(stored, who, facts),
      people: [...(await this.changes.names([...new Set([...mentioned(stored, events), ...comments.map(({ account }) => account)])]))].map(([account, name]) => ({ account, name })),
    };
  }

  async #item(listed: ListedChange, caller: Principal): Promise<Queue['items'][number]> {
    const change = listedBody(listed);
    const isOwed = listed.change.breakGlass !== null && listed.change.breakGlass.review?.verdict !== 'confirmed';
    if (!PENDING.includes(listed.change.state) && !isOwed) return { change, blockers: [], waitsForYou: null, owesReview: false };
    const stored = await this.changes.find(listed.change.id);
    if (!stored) return { change, blockers: [], waitsForYou: null, owesReview: isOwed };
    const facts = await this.#facts(stored, caller);
    const who = whoIs(caller);
    return { change, blockers: isLive(stored.change) ? standingOf(stored, who, facts).blockers.map((one) => ({ ...one })) : [], waitsForYou: waitsFor(stored, who, facts), owesReview: isOwed };
  }

  #facts({ change, approvals }: StoredChange, caller: Principal): Promise<ChangeFacts> {
    return this.state.read(null, change.payload, [...approvals.map(({ account }) => account), caller.accountId]);
  }
}

function whoIs(caller: Principal): Actor & { readonly permissions: readonly Permission[] } {
  return { ...actorOf(caller), permissions: caller.permissions };
}

function mentioned({ change, evidence, approvals }: StoredChange, events: readonly StoredEvent[]): readonly string[] {
  const { breakGlass, schedule } = change;
  return [
    change.author.accountId, ...change.involved, ...change.issuers, ...evidence.flatMap(({ addedBy, removedBy }) => [addedBy, ...(removedBy === null ? [] : [removedBy])]), ...approvals.map(({ account }) => account),
    ...events.map(({ actor }) => actor), ...[change.appliedBy, breakGlass?.by.accountId, breakGlass?.review?.by, schedule?.by.accountId].filter((account): account is string => typeof account === 'string'),
  ];
}
