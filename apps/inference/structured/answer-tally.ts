import { type Meter } from '@opentelemetry/api';
import { type AnswerCount, type AnswerCountsFlush } from '#libs/store/answers/answer-checks';
import { type CheckedAnswers } from './checked-answers.ts';

export type TallyFlush = AnswerCountsFlush;

const HOUR_MS = 3_600_000;
/** Kinds of requests told apart between two flushes; further ones count together, without schema and segment. */
const MAX_COUNTS = 1024;
/** Digits of a release's id in a metric's label. */
const RELEASE_DIGITS = 12;
/** Releases are few in a process's life, but nothing else bounds them. */
const MAX_RELEASE_LABELS = 64;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Counts how answers kept to their schemas: for metrics, and for the store until it takes them. */
export class AnswerTally {
  #counts = new Map<string, Mutable<AnswerCount>>();
  readonly #answers;
  readonly #releases = new Set<string>();

  constructor(meter: Meter) {
    this.#answers = meter.createCounter('signalbox.structured_answers', { description: 'Answers that had to keep to a response format, by result: valid, invalid, incomplete.' });
  }

  count({ atMs, admitted, results }: CheckedAnswers): void {
    const { release, kind, segment, isPinned, answerRules } = admitted;
    const route = kind === 'chat' ? 'chat' : 'completion';
    const labels = { model: release.model, release: this.#label(release.releaseId), route };
    for (const result of results) this.#answers.add(1, { ...labels, result });
    // What somebody tried on a release of their choice is no traffic of it.
    if (isPinned || !answerRules) return;
    const bucketMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
    const count = this.#countOf({ bucketMs, releaseId: release.releaseId, route, schema: answerRules.grammar.digest, ...segment });
    count.requests++;
    for (const result of results) count[result]++;
  }

  /** What was counted since the last call. */
  take(): readonly AnswerCount[] {
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    return counts;
  }

  #label(releaseId: string): string {
    const label = releaseId.slice(0, RELEASE_DIGITS);
    if (this.#releases.size < MAX_RELEASE_LABELS) this.#releases.add(label);
    return this.#releases.has(label) ? label : 'other';
  }

  #countOf(kind: Omit<AnswerCount, 'requests' | 'valid' | 'invalid' | 'incomplete'>): Mutable<AnswerCount> {
    const isRoom = this.#counts.size < MAX_COUNTS;
    const key = JSON.stringify(Object.values(kind));
    const present = this.#counts.get(key);
    if (present) return present;
    const counted = isRoom ? kind : { ...kind, schema: '', tenant: '', task: '', language: '' };
    const countedKey = isRoom ? key : JSON.stringify(Object.values(counted));
    const count = this.#counts.get(countedKey) ?? { ...counted, requests: 0, valid: 0, invalid: 0, incomplete: 0 };
    this.#counts.set(countedKey, count);
    return count;
  }
}
