import { type ActivationCommandType } from '#libs/governance/activation/activation-state';
import { type RefuseReason } from '#libs/governance/activation/decide-activation';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type ActivationEvent } from '#libs/store/activation/activation-history';

interface Shown {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly field?: string;
}

const SHOWN: Readonly<Record<RefuseReason, Shown>> = {
  'nothing-activated': { status: 409, code: 'nothing_activated', title: 'Nothing is activated yet' },
  'unknown-release': { status: 404, code: 'release_not_found', title: 'No such release', field: 'release' },
  'release-of-another-model': { status: 409, code: 'release_of_another_model', title: 'The release belongs to another model', field: 'release' },
  'recalled-component': { status: 409, code: 'recalled_component', title: 'The release holds a recalled component', field: 'release' },
  'same-as-stable': { status: 409, code: 'same_as_stable', title: 'It is the stable release already', field: 'release' },
  'canary-running': { status: 409, code: 'canary_running', title: 'A canary runs' },
  'no-canary': { status: 409, code: 'no_canary', title: 'No canary runs' },
  'no-previous': { status: 409, code: 'no_previous_release', title: 'There is nothing to go back to' },
  'incompatible-parts': { status: 409, code: 'incompatible_parts', title: 'Routers and experts do not fit together', field: 'part' },
  'shadow-running': { status: 409, code: 'shadow_running', title: 'A shadow runs' },
  'no-shadow': { status: 409, code: 'no_shadow', title: 'No shadow runs' },
  'invalid-share': { status: 400, code: 'invalid_request', title: 'The request is not valid', field: 'share' },
  'invalid-route-slice': { status: 400, code: 'invalid_request', title: 'The request is not valid', field: 'scope.routeSlice' },
};

export function refusedCommand(reason: RefuseReason, detail: string): ProblemError {
  return new ProblemError({ ...SHOWN[reason], detail });
}

/** @param changeId the request whose canary runs */
export function changeRequired(model: string, command: ActivationCommandType, changeId: string | null): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'change_required',
    title: 'Only an approved change may do this',
    detail: `${model} changes only by approved change requests: ${remedyFor(command, changeId)} Rollback to what has answered before, abort and stopping a shadow need none.`,
  });
}

function remedyFor(command: ActivationCommandType, changeId: string | null): string {
  if (changeId !== null) return `the canary is that of request ${changeId}, so promote it by POST /api/v1/changes/${changeId}/promote.`;
  if (command === 'rollback') return 'this part has not answered together with the rest before; roll the whole release back, or open a request of the type change-router or replace-expert at POST /api/v1/changes.';
  return `open one at POST /api/v1/changes in place of ${command}.`;
}

/** Somebody was faster: tells who did what since. */
export function generationChanged(now: number, last: ActivationEvent | null): ProblemError {
  const who = last === null ? '' : ` ${last.actorName} (${last.actor}) did ${last.command} at ${new Date(last.atMs).toISOString()}${last.reason === null ? '' : `: ${last.reason}`}.`;
  return new ProblemError({
    status: 412,
    code: 'generation_changed',
    title: 'Someone else changed it',
    detail: `Header If-Match: the generation is now "${now}".${who} Read the activation again and decide anew.`,
    field: 'if-match',
  });
}

export function modelNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'model_not_found', title: 'No such model', detail: 'GET /api/v1/models lists them.', field: 'model' });
}
