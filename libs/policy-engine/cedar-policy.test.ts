import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '#libs/governance/change/change-payload';
import { type PolicyQuestion } from '#libs/governance/change/change-policy';
import { changePolicy, compilePolicies } from './cedar-policy.ts';
import { CHANGE_SCHEMA } from './change-schema.ts';
import { DEFAULT_POLICIES } from './default-policies.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy', 'policies');
const NONE = { total: 0, viewer: 0, operator: 0, releaser: 0, approver: 0, auditor: 0, admin: 0 };
const policy = changePolicy(0, DEFAULT_POLICIES, DEFAULT_LIMITS);

function question(action: PolicyQuestion['action'], type: string, context: Partial<PolicyQuestion['context']> = {}, change: Partial<PolicyQuestion['change']> = {}, roles: string[] = ['releaser']): PolicyQuestion {
  return {
    action,
    actor: { accountId: 'user:a', kind: 'user', roles },
    change: { id: 'c', type, class: 'normal', model: 'toy', strategy: 'at-once', ...change },
    context: { evidence: [], failedEvidence: [], approvals: NONE, frozen: false, sharedIssuer: false, hours: 0, ...context },
  };
}

const blocked = (asked: PolicyQuestion): string[] => {
  const verdict = policy.ask(asked);
  expect(verdict.errors).toEqual([]);
  return verdict.allowed ? [] : verdict.policies.map(({ id }) => id);
};

describe('the policy that ships', () => {
  it('is the text in deploy/policies, as is its schema', () => {
    expect(DEFAULT_POLICIES).toBe(readFileSync(join(DEPLOY, 'default.cedar'), 'utf8'));
    expect(CHANGE_SCHEMA).toBe(readFileSync(join(DEPLOY, 'change.cedarschema'), 'utf8'));
  });

  it.each([
    ['replace-expert', ['recalibration-check', 'safety-suite']],
    ['retire-expert', ['recalibration-check', 'safety-suite']],
    ['add-expert', ['recalibration-check', 'routing-divergence', 'safety-suite']],
    ['rescope-expert', ['scope-card']],
    ['change-router', ['recalibration-check', 'routing-divergence']],
    ['change-routing-settings', ['evaluation', 'routing-divergence']],
    ['change-data-rules', ['data-protection']],
    ['activate', ['evaluation']],
    ['recall', []],
  ])('asks for its own evidence before a %s', (type, kinds) => {
    expect(blocked(question('submit', type))).toEqual(kinds);
    expect(blocked(question('submit', type, { evidence: kinds }))).toEqual([]);
    const approved = { evidence: kinds, approvals: { ...NONE, total: 2, approver: 2 } };
    expect(blocked(question('apply', type, approved))).toEqual([]);
    expect(blocked(question('apply', type, { ...approved, evidence: [] }))).toEqual(kinds);
  });

  it('lets a failed evaluation go on only with a risk assessment', () => {
    const failed = { evidence: ['evaluation'], failedEvidence: ['evaluation'] };
    expect(blocked(question('submit', 'activate', failed))).toEqual(['failed-gates']);
    expect(blocked(question('submit', 'activate', { ...failed, evidence: ['evaluation', 'risk-assessment'] }))).toEqual([]);
    expect(blocked(question('apply', 'activate', failed, { class: 'emergency' }))).toEqual([]);
  });

  it('counts approvals by role', () => {
    const evidence = ['safety-suite', 'recalibration-check', 'data-protection'];
    expect(blocked(question('apply', 'replace-expert', { evidence }))).toEqual(['one-approval']);
    expect(blocked(question('apply', 'replace-expert', { evidence, approvals: { ...NONE, total: 1, releaser: 1 } }))).toEqual(['one-approval']);
    expect(blocked(question('apply', 'replace-expert', { evidence, approvals: { ...NONE, total: 1, admin: 1 } }))).toEqual([]);
    expect(blocked(question('apply', 'change-data-rules', { evidence, approvals: { ...NONE, total: 1, approver: 1 } }))).toEqual(['two-approvals']);
  });

  it('lets no freeze be passed by a standard change, only by a broken glass', () => {
    expect(blocked(question('apply', 'recall', { frozen: true }, { class: 'standard' }))).toEqual(['freeze']);
    expect(blocked(question('apply', 'recall', { frozen: true }, { class: 'emergency' }))).toEqual([]);
    expect(policy.ask(question('break-glass', 'recall', { hours: 2 })).allowed).toBe(false);
    expect(policy.ask(question('break-glass', 'recall', { hours: 2 }, {}, ['operator'])).allowed).toBe(true);
    expect(policy.ask(question('pre-authorise', 'recall')).allowed).toBe(true);
    expect(policy.ask(question('pre-authorise', 'activate')).allowed).toBe(false);
  });
});

describe('other policies', () => {
  it('are refused with the place of what is wrong', () => {
    expect(compilePolicies('permit (principal, action, resource);\nforbid (principal, action, resource) when { context.evidense.contains("x") };')).toMatchObject({ ok: false, faults: [{ line: 2, column: 45 }] });
    expect(compilePolicies('@id("ä")\npermit (principal action, resource);')).toMatchObject({ ok: false, faults: [{ line: 2, column: 19 }] });
    expect(compilePolicies('@id("a") permit (principal, action, resource);\n@id("a") permit (principal, action, resource);')).toMatchObject({ ok: false, faults: [{ message: expect.stringContaining('"a"') }] });
    expect(compilePolicies('@id("ä") permit (principal, action, resource);\n permit (principal, action == Signalbox::Action::"submit", resource);')).toMatchObject({ ok: false, faults: [{ line: 2, column: 2, message: expect.stringContaining('@id') }] });
    expect(compilePolicies('// nothing').ok).toBe(false);
    expect(compilePolicies('permit (principal == ?principal, action, resource);').ok).toBe(false);
    expect(compilePolicies(' '.repeat(200_001)).ok).toBe(false);
  });

  it('forbid when a policy fails while it is asked, which Cedar alone would pass over', () => {
    const overflowing = changePolicy(1, '@id("all") permit (principal, action, resource);\n@id("sum") forbid (principal, action, resource) when { context.hours + 9223372036854775807 > 0 };', DEFAULT_LIMITS);
    expect(overflowing.ask(question('apply', 'recall', { hours: 1 }))).toMatchObject({ allowed: false, errors: [expect.stringContaining('sum')] });
  });

  it('forbid where nothing permits', () => {
    const strict = changePolicy(1, '@id("submit") permit (principal, action == Signalbox::Action::"submit", resource);', DEFAULT_LIMITS);
    expect(strict.ask(question('apply', 'recall'))).toEqual({ allowed: false, policies: [], errors: [] });
  });
});
