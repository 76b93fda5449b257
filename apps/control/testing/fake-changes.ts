import { type Provider } from '@nestjs/common';
import { DEFAULT_LIMITS } from '#libs/governance/change/change-payload';
import { CHANGE_POLICIES, CHANGE_STATE, CHANGES, type ChangePoliciesPort, type ChangesPort, type ChangeStatePort, GOVERNANCE_MODES, type GovernanceModesPort } from '../changes/change-ports.ts';
import { FREEZES } from '../freezes/freezes.controller.ts';

const nothing = async (): Promise<never> => {
  throw new Error('this house keeps no changes');
};

/** A house without change requests: what they do is tested over a real database. */
export function fakeChanges(nowMs: number): Provider[] {
  const changes: ChangesPort = {
    transaction: nothing, find: async () => null, list: async () => [], attention: async () => [], comments: async () => [], events: async () => [], evidenceContent: async () => null, auditOf: async () => [],
    scheduledBetween: async () => [], names: async () => new Map(),
  };
  const policies: ChangePoliciesPort = { current: async () => null, history: async () => [], transaction: nothing };
  const modes: GovernanceModesPort = { read: async (model) => ({ model, mode: 'open', generation: 0 }), isRequiredAnywhere: async () => false };
  const state: ChangeStatePort = {
    read: async () => ({
      nowMs, activationGeneration: 0, freezes: [], rolesNow: () => null, protection: null, policy: { version: 0, limits: DEFAULT_LIMITS, ask: () => ({ allowed: true, policies: [], errors: [] }) },
      plan: { planned: false, reason: 'no-stable-release', field: 'model', detail: 'Nothing serves here.' },
    }),
  };
  return [
    { provide: CHANGES, useValue: changes },
    { provide: CHANGE_POLICIES, useValue: policies },
    { provide: GOVERNANCE_MODES, useValue: modes },
    { provide: CHANGE_STATE, useValue: state },
    { provide: FREEZES, useValue: { find: async () => null, list: async () => [], between: async () => [], insert: nothing, write: nothing } },
  ];
}
