import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { type ChangeLimits } from '#libs/governance/change/change-payload';
import { type ChangePolicy, type PolicyQuestion, type PolicyVerdict } from '#libs/governance/change/change-policy';
import { CHANGE_SCHEMA } from './change-schema.ts';

/** More than this is no policy that people read. */
export const MAX_POLICY_CHARACTERS = 200_000;

export interface PolicyFault {
  /** From 1; null where Cedar names no place. */
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
}

export type CompiledPolicies =
  | { readonly ok: true; readonly policies: Readonly<Record<string, { readonly text: string; readonly annotations: Readonly<Record<string, string>> }>> }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

/**
 * Reads policies written in Cedar and holds them against the schema of changes. Every policy needs an
 * `@id`, by which decisions name it. A text without policies would forbid everything, so it is refused.
 */
export function compilePolicies(text: string): CompiledPolicies {
  if (text.length > MAX_POLICY_CHARACTERS) return { ok: false, faults: [{ line: null, column: null, message: `The policies are longer than ${MAX_POLICY_CHARACTERS} characters.` }] };
  const whole = { staticPolicies: text };
  const parsed = cedar.checkParsePolicySet(whole);
  if (parsed.type === 'failure') return { ok: false, faults: parsed.errors.map((error) => faultOf(text, error)) };
  const checked = cedar.validate({ schema: CHANGE_SCHEMA, policies: whole });
  if (checked.type === 'failure') return { ok: false, faults: checked.errors.map((error) => faultOf(text, error)) };
  if (checked.validationErrors.length > 0) return { ok: false, faults: onePerPlace(checked.validationErrors.map(({ error }) => faultOf(text, error))) };
  return named(text);
}

function named(text: string): CompiledPolicies {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') return { ok: false, faults: parts.errors.map((error) => faultOf(text, error)) };
  if (parts.policies.length === 0) return { ok: false, faults: [{ line: null, column: null, message: 'There is no policy in it, so nothing would be permitted.' }] };
  const policies: Record<string, { text: string; annotations: Record<string, string> }> = {};
  for (const part of parts.policies) {
    const json = cedar.policyToJson(part);
    const annotations = json.type === 'success' ? (json.json.annotations ?? {}) : {};
    const id = annotations['id'];
    const place = placeOf(text, Buffer.byteLength(text.slice(0, Math.max(0, text.indexOf(part))), 'utf8'));
    if (id === undefined || id === '') return { ok: false, faults: [{ ...place, message: 'This policy has no @id("..."): give it one, so that decisions can name it.' }] };
    if (Object.hasOwn(policies, id)) return { ok: false, faults: [{ ...place, message: `A second policy is named ${JSON.stringify(id)}: give each its own @id.` }] };
    policies[id] = { text: part, annotations };
  }
  return { ok: true, policies };
}

/** The policies of a text, ready to be asked. @throws Error when the text does not compile: check it with compilePolicies first */
export function changePolicy(version: number, text: string, limits: ChangeLimits): ChangePolicy {
  const compiled = compilePolicies(text);
  if (!compiled.ok) throw new Error(`Policy version ${version} does not compile: ${compiled.faults[0]?.message ?? ''}`);
  const staticPolicies = Object.fromEntries(Object.entries(compiled.policies).map(([id, policy]) => [id, policy.text]));
  // One name for each text within this process, so that a version put in force twice cannot mix.
  const name = `change-policy-${version}-${(counter += 1)}`;
  const prepared = cedar.preparsePolicySet(name, { staticPolicies });
  const schema = cedar.preparseSchema(SCHEMA_NAME, CHANGE_SCHEMA);
  if (prepared.type === 'failure' || schema.type === 'failure') throw new Error(`Policy version ${version} could not be prepared.`);
  return { version, limits, ask: (question) => ask(name, question, compiled.policies) };
}

const SCHEMA_NAME = 'signalbox.change';
let counter = 0;

function ask(name: string, { action, actor, change, context }: PolicyQuestion, policies: Extract<CompiledPolicies, { ok: true }>['policies']): PolicyVerdict {
  const principal = { type: 'Signalbox::Account', id: actor.accountId };
  const resource = { type: 'Signalbox::Change', id: change.id };
  const { id: _, ...attributes } = change;
  const answer = cedar.statefulIsAuthorized({
    principal,
    action: { type: 'Signalbox::Action', id: action },
    resource,
    context: { ...context, evidence: [...context.evidence], failedEvidence: [...context.failedEvidence], approvals: { ...context.approvals }, hours: Math.ceil(context.hours) },
    preparsedSchemaName: SCHEMA_NAME,
    validateRequest: true,
    preparsedPolicySetId: name,
    entities: [
      { uid: principal, attrs: { kind: actor.kind, roles: [...actor.roles] }, parents: [] },
      { uid: resource, attrs: attributes, parents: [] },
    ],
  });
  if (answer.type === 'failure') return { allowed: false, policies: [], errors: answer.errors.map(({ message }) => message) };
  const { decision, diagnostics } = answer.response;
  // Cedar leaves out a policy that fails, even one that forbids; here a failure forbids.
  const errors = diagnostics.errors.map(({ policyId, error }) => `${policyId}: ${error.message}`);
  return {
    allowed: decision === 'allow' && errors.length === 0,
    policies: diagnostics.reason.toSorted().map((id) => ({ id, annotations: policies[id]?.annotations ?? {} })),
    errors,
  };
}

function faultOf(text: string, { message, help, sourceLocations }: cedar.DetailedError): PolicyFault {
  const [location] = sourceLocations ?? [];
  const label = location?.label ? `; ${location.label}` : '';
  return { ...placeOf(text, location?.start ?? -1), message: `${message}${label}${help === null ? '' : `; ${help}`}` };
}

/** Cedar tells a fault once for each action the policy is for. */
function onePerPlace(faults: readonly PolicyFault[]): readonly PolicyFault[] {
  return faults.filter((fault, index) => faults.findIndex(({ line, column }) => line === fault.line && column === fault.column) === index);
}

/** Cedar counts in bytes of UTF-8. */
function placeOf(text: string, offset: number): { line: number | null; column: number | null } {
  if (offset < 0) return { line: null, column: null };
  const before = Buffer.from(text, 'utf8').subarray(0, offset).toString('utf8').split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
