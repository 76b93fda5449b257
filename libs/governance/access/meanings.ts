import { type Permission, type Role } from './permissions.ts';

/** What each permission lets somebody do, for people. */
export const PERMISSION_MEANINGS: Readonly<Record<Permission, string>> = {
  inference: 'Ask models at /v1 and in the playground.',
  read: 'See models, releases, usage, changes and alerts.',
  statistics: 'See usage shares with differential privacy: nothing of single requests.',
  traces: 'Open single requests, token by token. Routes give most of the prompt away, so each look is audited.',
  feedback: 'Say how good answers were.',
  registry: 'Import models, upload component versions, and make and sign releases.',
  operate: 'Promote, roll back, recall and silence: act on what serves now.',
  propose: 'Ask for changes that others approve.',
  approve: 'Approve or refuse changes that others ask for.',
  audit: 'Read and export the audit log.',
  administer: 'Keep accounts, roles, keys and policies.',
};

/** Whom each role is for. */
export const ROLE_MEANINGS: Readonly<Record<Role, string>> = {
  viewer: 'Looks at everything but traces, and changes nothing.',
  operator: 'Keeps what serves healthy: watches, rolls back, silences.',
  releaser: 'Brings new routers and experts, and proposes to serve them.',
  approver: 'Decides on the changes of others.',
  auditor: 'Proves who did what.',
  admin: 'Keeps the accounts, and may do all but open traces.',
  'trace-reader': 'Opens single requests; given beside another role.',
  analyst: 'Studies usage from outside: sees private statistics alone.',
  client: 'An application that asks models, and sees nothing else.',
};
