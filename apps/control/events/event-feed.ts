import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { type Principal } from '#libs/platform/auth/scopes';
import { messageOf } from '#libs/platform/errors/error-code';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type ChangeMarks, type ChangeMarksReader } from '#libs/store/overview/change-marks';
import { changedTags, eventIdOf, tagsSince } from './change-tags.ts';
import { EVENT_LIMITS, type EventLimits } from './event-limits.ts';
import { EventStream } from './event-stream.ts';

export const CHANGE_MARKS = Symbol('ChangeMarks');
export type ChangeMarksPort = Pick<ChangeMarksReader, 'read'>;

export interface ListenerOptions {
  readonly caller: Pick<Principal, 'accountId' | 'tenant'>;
  /** Id of the last event that it got; null for a new one. */
  readonly after: string | null;
  /** Whether it may go on listening. */
  readonly isAllowed: () => Promise<boolean>;
}

interface Listener {
  readonly stream: EventStream;
  readonly accountId: string;
  readonly isBound: boolean;
  readonly isAllowed: () => Promise<boolean>;
}

/** Areas of the audit log after which listeners are checked at once: one of them may have been shut out. */
const ACCESS_AREAS = new Set(['account', 'key', 'session']);
const RETRY_AFTER_SECONDS = 5;

/** Looks for changes while anybody listens, once for all of them, and tells each what it may hear. */
@Injectable()
export class EventFeed implements OnModuleDestroy {
  readonly #log = new Logger(EventFeed.name);
  readonly #listeners = new Set<Listener>();
  #seen: ChangeMarks | null = null;
  #poll: NodeJS.Timeout | null = null;
  #timers: readonly NodeJS.Timeout[] = [];
  #isStopping = false;
  #isAway = false;

  constructor(
    @Inject(CHANGE_MARKS) private readonly marks: ChangeMarksPort,
    @Inject(EVENT_LIMITS) private readonly limits: EventLimits,
  ) {}

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Before the server closes, which waits for answers that are under way. */
  onModuleDestroy(): void {
    this.#isStopping = true;
    for (const { stream } of this.#listeners) stream.end();
    this.#rest();
  }

  /** @throws ProblemError 429 where too many listen, 503 while the server stops */
  async listen({ caller, after, isAllowed }: ListenerOptions): Promise<EventStream> {
    this.#refuseMany(caller.accountId);
    const isBound = caller.tenant !== null;
    const listener: Listener = { stream: new EventStream(this.limits.unreadBytes), accountId: caller.accountId, isBound, isAllowed };
    this.#listeners.add(listener);
    listener.stream.body.once('close', () => this.#leave(listener));
    try {
      const now = this.#seen ?? (await this.#look());
      listener.stream.event('ready', eventIdOf(now, isBound), { tags: after === null ? [] : tagsSince(after, now, isBound) });
    } catch (error) {
      listener.stream.body.destroy();
      throw error;
    }
    this.#start();
    return listener.stream;
  }

  #refuseMany(accountId: string): void {
    if (this.#isStopping) throw new ProblemError({ status: 503, code: 'stopping', title: 'The server is stopping', detail: 'Connect again in a moment.' });
    const own = [...this.#listeners].filter((listener) => listener.accountId === accountId).length;
    if (this.#listeners.size < this.limits.streams && own < this.limits.streamsOfAccount) return;
    const detail = own < this.limits.streamsOfAccount ? `At most ${this.limits.streams} streams of events are open at a time` : `At most ${this.limits.streamsOfAccount} streams of an account are open at a time`;
    throw new ProblemError({ status: 429, code: 'too_many_streams', title: 'Too many streams of events', detail: `${detail}: close one, or try again in ${RETRY_AFTER_SECONDS} s.` });
  }

  #start(): void {
    if (this.#poll !== null || this.#isStopping || this.#listeners.size === 0) return;
    this.#schedule();
    this.#timers = [
      setInterval(() => this.#each(({ stream }) => stream.comment('still here')), this.limits.heartbeatMs).unref(),
      setInterval(() => this.#check(), this.limits.checkMs).unref(),
    ];
  }

  #schedule(): void {
    const timer = setTimeout(() => {
      void this.#tell().finally(() => {
        // Where all left meanwhile and others came, theirs goes on.
        if (this.#poll === timer) this.#schedule();
      });
    }, this.limits.pollMs).unref();
    this.#poll = timer;
  }

  #rest(): void {
    if (this.#poll !== null) clearTimeout(this.#poll);
    for (const timer of this.#timers) clearInterval(timer);
    this.#poll = null;
    this.#timers = [];
    // What happens while nobody listens is of no matter to who comes next.
    this.#seen = null;
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#rest();
  }

  async #look(): Promise<ChangeMarks> {
    const now = await this.marks.read(this.#seen?.auditId ?? null);
    this.#seen = now;
    return now;
  }

  async #tell(): Promise<void> {
    const before = this.#seen;
    try {
      const now = await this.#look();
      if (before !== null) this.#spread(before, now);
      if (this.#isAway) this.#log.log('changes are told again');
      this.#isAway = false;
    } catch (error) {
      // Once for each time the database goes away.
      if (!this.#isAway) this.#log.warn(`changes cannot be told for now: ${messageOf(error)}`);
      this.#isAway = true;
    }
  }

  #spread(before: ChangeMarks, now: ChangeMarks): void {
    this.#each(({ stream, isBound }) => {
      const tags = changedTags(before, now, isBound);
      if (tags.length > 0) stream.event('changed', eventIdOf(now, isBound), { tags });
    });
    if (now.auditAreas.some((area) => ACCESS_AREAS.has(area))) this.#check();
  }

  #check(): void {
    this.#each(({ stream, isAllowed }) => {
      // While the database is away nobody can be asked; the next check will.
      isAllowed().then((isStillIn) => !isStillIn && stream.end(), () => undefined);
    });
  }

  #each(act: (listener: Listener) => void): void {
    for (const listener of this.#listeners) act(listener);
  }
}
