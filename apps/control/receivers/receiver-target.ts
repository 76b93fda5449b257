import { type ReceiverTarget } from '#libs/contract/management/receivers';
import { type ReceiverSecrets, type ReceiverSettings } from '#libs/alerting/receiver/receiver';
import { ProblemError } from '#libs/platform/errors/problem-error';

/** What a request says of a receiver, taken apart: what may be shown, and what may not. */
export interface SplitTarget {
  readonly settings: ReceiverSettings;
  readonly secrets: ReceiverSecrets;
}

/** Takes the secrets out of a target. */
export function splitTarget(target: ReceiverTarget): SplitTarget {
  switch (target.kind) {
    case 'webhook':
      return { settings: { kind: target.kind, url: target.url }, secrets: {} };
    case 'alertmanager-webhook':
      return { settings: { kind: target.kind, url: target.url }, secrets: given({ authorization: target.authorization }) };
    case 'alertmanager':
      return { settings: { kind: target.kind, url: target.url, firingForSeconds: target.firingForSeconds }, secrets: given({ authorization: target.authorization }) };
    case 'slack':
      return { settings: { kind: target.kind }, secrets: given({ slackUrl: target.webhookUrl }) };
    case 'pagerduty':
      return { settings: { kind: target.kind, url: target.url, source: target.source }, secrets: given({ routingKey: target.routingKey }) };
    case 'email': {
      const { kind, host, port, security, username, from, to } = target;
      return { settings: { kind, host, port, security, username: username ?? null, from, to }, secrets: given({ smtpPassword: target.password }) };
    }
  }
}

/**
 * Secrets of a receiver after a change: those given anew, else those it had. One that it had is not kept
 * where it would be sent to another place: whoever changes the address need not know the secret.
 * @throws ProblemError 400 naming the secret that must be given again
 */
export function keptSecrets(before: SplitTarget, after: SplitTarget): ReceiverSecrets {
  const sentBefore = Object.keys(before.secrets).filter((name) => name !== 'signing' && name !== 'signingBefore' && name !== 'slackUrl');
  const lost = sentBefore.find((name) => !(name in after.secrets));
  if (lost !== undefined && placeOf(before.settings) !== placeOf(after.settings)) {
    throw wrongTarget(FIELDS[lost] ?? lost, 'give it again: it is not sent to another place than the one it was given for');
  }
  return { ...before.secrets, ...after.secrets };
}

/** @throws ProblemError 400 where a kind lacks a secret without which it cannot be reached */
export function assertComplete({ settings, secrets }: SplitTarget): void {
  if (settings.kind === 'slack' && secrets.slackUrl === undefined) throw wrongTarget('webhookUrl', 'give the address of an incoming webhook');
  if (settings.kind === 'pagerduty' && secrets.routingKey === undefined) throw wrongTarget('routingKey', 'give the integration key of the Events API v2');
  if (settings.kind === 'email' && settings.username !== null && secrets.smtpPassword === undefined) throw wrongTarget('password', 'give the password of the user');
}

const FIELDS: Readonly<Record<string, string>> = { smtpPassword: 'password' };

/** Where secrets are sent to. */
function placeOf(settings: ReceiverSettings): string {
  if (settings.kind === 'email') return JSON.stringify([settings.host, settings.port, settings.security, settings.username]);
  return 'url' in settings ? new URL(settings.url).origin : '';
}

function given(secrets: { readonly [K in keyof ReceiverSecrets]: ReceiverSecrets[K] | undefined }): ReceiverSecrets {
  return Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== undefined));
}

export function wrongTarget(field: string, remedy: string): ProblemError {
  return new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: `Body field target.${field}: ${remedy}.`, field: `target.${field}` });
}
