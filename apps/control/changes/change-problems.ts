import { type Blocker, type BlockerReason } from '#libs/governance/change/change-request';
import { type Plan } from '#libs/governance/change/plan-change';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type StoredChange, type StoredEvent } from '#libs/store/changes/change-rows';

/** Reasons that are about who asks; the others are about the state. */
const FORBIDDEN: ReadonlySet<BlockerReason> = new Set(['own-change', 'not-permitted', 'not-involved']);
const WRONG: ReadonlySet<BlockerReason> = new Set(['reason-missing', 'time-limit', 'schedule-invalid']);

/** What blocks an act: the first reason is the code, and all of them are told. */
export function blocked(blockers: readonly [Blocker, ...Blocker[]]): ProblemError {
  const [first] = blockers;
  return new ProblemError({
    status: FORBIDDEN.has(first.reason) ? 403 : WRONG.has(first.reason) ? 400 : 409,
    code: first.reason.replaceAll('-', '_'),
    title: 'It cannot be done now',
    detail: blockers.map(({ detail }) => detail).join(' '),
  });
}

export function unplannable({ reason, field, detail }: Extract<Plan, { planned: false }>): ProblemError {
  const path = field === '' ? 'change' : `change.${field}`;
  const isUnknown = reason === 'unknown-release' || reason === 'unknown-component-version';
  return new ProblemError({
    status: isUnknown || reason === 'changes-nothing' || reason === 'no-stable-release' ? 409 : 400,
    code: reason.replaceAll('-', '_'),
    title: 'The change cannot be planned',
    detail: `Body field ${path}: ${detail}`,
    field: path,
  });
}

export function changeNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'change_not_found', title: 'No such change request', detail: 'GET /api/v1/changes lists them.', field: 'changeId' });
}

/** Somebody was faster: tells who did what since. */
export function revisionChanged({ revision, change }: StoredChange, last: StoredEvent | undefined): ProblemError {
  const who = last ? ` ${last.actor}: ${last.event} at ${new Date(last.atMs).toISOString()}.` : '';
  return new ProblemError({
    status: 412,
    code: 'revision_changed',
    title: 'Someone else changed it',
    detail: `Header If-Match: the revision is now "${revision}", and the request is ${change.state}.${who} Read it again and decide anew.`,
    field: 'if-match',
  });
}
