import { type QuarantineDecision, type QuarantineRefusal } from '#libs/governance/quarantine/decide-quarantine';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type StoredQuarantine } from '#libs/store/quarantine/quarantine-rows';

interface Shown {
  readonly status: number;
  readonly code: string;
  readonly title: string;
}

const SHOWN: Readonly<Record<QuarantineRefusal, Shown>> = {
  'no-release': { status: 404, code: 'release_not_found', title: 'No such release' },
  'no-such-expert': { status: 404, code: 'expert_not_found', title: 'No such expert' },
  'already-quarantined': { status: 409, code: 'already_quarantined', title: 'It is in quarantine already' },
  'ends-in-the-past': { status: 400, code: 'invalid_request', title: 'The request is not valid' },
  'too-long': { status: 400, code: 'invalid_request', title: 'The request is not valid' },
  'too-many': { status: 409, code: 'too_many_quarantines', title: 'Too many experts are in quarantine' },
  'too-few-left': { status: 409, code: 'too_few_experts_left', title: 'Too few experts would be left' },
  'force-not-permitted': { status: 403, code: 'force_not_permitted', title: 'It may not be forced' },
};

export function refusedQuarantine({ reason, detail, field }: Extract<QuarantineDecision, { decision: 'refuse' }>): ProblemError {
  return new ProblemError({ ...SHOWN[reason], detail: `Body field ${field}: ${detail}`, field });
}

export function quarantineNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'quarantine_not_found', title: 'No such quarantine', detail: 'GET /api/v1/models/{model}/quarantines lists those of the model.', field: 'quarantineId' });
}

export function quarantineEnded({ end }: StoredQuarantine): ProblemError {
  const how = end === null ? '' : ` It ${end.as === 'lifted' ? `was lifted by ${end.by}` : 'expired'} at ${new Date(end.atMs).toISOString()}.`;
  return new ProblemError({ status: 409, code: 'quarantine_ended', title: 'It has ended already', detail: `The expert may be chosen again.${how}` });
}

export function quarantineChanged({ version }: StoredQuarantine): ProblemError {
  return new ProblemError({ status: 412, code: 'version_changed', title: 'Someone else changed it', detail: `Header If-Match: the version is now "${version}". Read it again and decide anew.`, field: 'if-match' });
}
