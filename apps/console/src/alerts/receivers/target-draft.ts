import { type Receiver, type ReceiverTarget } from '../../api/gen/types.gen.ts';

export type Kind = Receiver['kind'];

interface TargetField {
  /** In the API, below `target`. */
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type: 'text' | 'secret' | 'number' | 'security' | 'addresses';
  readonly isRequired?: boolean;
  readonly initial?: string;
}

const AUTHORIZATION: TargetField = { name: 'authorization', label: 'Authorization header (secret, optional)', type: 'secret', hint: 'The whole value, such as Bearer ....' };

/** Kinds of receivers with the fields that the API takes. */
export const KINDS: Readonly<Record<Kind, { readonly label: string; readonly about: string; readonly fields: readonly TargetField[] }>> = {
  webhook: {
    label: 'Webhook', about: 'JSON, signed as Standard Webhooks says. The secret that signs is generated and shown once.',
    fields: [{ name: 'url', label: 'Address', type: 'text', isRequired: true, hint: 'Readers see it: it is no place for a secret.' }],
  },
  'alertmanager-webhook': { label: 'Alertmanager webhook', about: 'For programs that take the webhook payload of Alertmanager, version 4.', fields: [{ name: 'url', label: 'Address', type: 'text', isRequired: true }, AUTHORIZATION] },
  alertmanager: {
    label: 'Alertmanager', about: 'Sends alerts to a real Alertmanager, which then tells people.',
    fields: [{ name: 'url', label: 'Base address of Alertmanager', type: 'text', isRequired: true }, AUTHORIZATION, { name: 'firingForSeconds', label: 'An alert ends by itself after (seconds)', type: 'number', initial: '18000', hint: 'Longer than the repeat interval of who is told.' }],
  },
  slack: { label: 'Slack', about: 'A message by an incoming webhook.', fields: [{ name: 'webhookUrl', label: 'Address of the incoming webhook (secret)', type: 'secret' }] },
  pagerduty: {
    label: 'PagerDuty', about: 'An incident for each group of alerts, by the Events API v2.',
    fields: [{ name: 'routingKey', label: 'Integration key (secret)', type: 'secret' }, { name: 'source', label: 'Source', type: 'text', initial: 'signalbox' }, { name: 'url', label: 'Address of the Events API', type: 'text', initial: 'https://events.pagerduty.com/v2/enqueue' }],
  },
  email: {
    label: 'E-mail', about: 'A plain-text mail by SMTP.',
    fields: [
      { name: 'host', label: 'Mail server', type: 'text', isRequired: true }, { name: 'port', label: 'Port', type: 'number', initial: '587' }, { name: 'security', label: 'Encryption', type: 'security', initial: 'starttls' },
      { name: 'username', label: 'User name (optional)', type: 'text' }, { name: 'password', label: 'Password (secret, optional)', type: 'secret' },
      { name: 'from', label: 'From', type: 'text', isRequired: true }, { name: 'to', label: 'To', type: 'addresses', isRequired: true, hint: 'Addresses, with commas between.' },
    ],
  },
};

/** The target of a form's texts; fields that are empty are left out, so that secrets stay. */
export function targetOf(kind: Kind, textOf: (name: string) => string | undefined): ReceiverTarget {
  const entries = KINDS[kind].fields.flatMap(({ name, type }) => {
    const text = textOf(`target.${name}`);
    if (text === undefined) return [];
    return [[name, type === 'number' ? Number(text) : type === 'addresses' ? text.split(',').map((one) => one.trim()).filter((one) => one !== '') : text]];
  });
  return { kind, ...Object.fromEntries(entries) } as ReceiverTarget;
}

/** What a field holds now: a receiver's settings, never its secrets. */
export function settingText(receiver: Pick<Receiver, 'settings'> | null, { name, initial = '' }: TargetField): string {
  if (receiver === null) return initial;
  const value = (receiver.settings as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function targetFieldNames(kind: Kind): readonly string[] {
  return ['target', 'target.kind', ...KINDS[kind].fields.map(({ name }) => `target.${name}`), ...Array.from({ length: 50 }, (_, at) => `target.to.${at}`)];
}
