import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { boundedBody } from './bounded-body.ts';
import { composeMessage } from './compose-message.ts';
import { describeNotification, headline } from './describe-alert.ts';
import { type ReceiverSecrets, type ReceiverSettings, secretTexts } from './receiver.ts';
import { alertOf, AT_MS, notificationOf, RESOLVED } from './receiver.fixture.ts';

const CONTEXT = { receiverName: 'on-call', externalUrl: 'https://signalbox.example.com', nowMs: AT_MS + 5000 };

function sent(settings: ReceiverSettings, secrets: ReceiverSecrets, notification = notificationOf(), nowMs = CONTEXT.nowMs) {
  const message = composeMessage(settings, secrets, notification, { ...CONTEXT, nowMs });
  if (message.by !== 'web') throw new Error('a mail');
  return { ...message.request, json: JSON.parse(message.request.body) };
}

const secretOf = (): string => `whsec_${randomBytes(32).toString('base64')}`;

describe('webhook', () => {
  const settings: ReceiverSettings = { kind: 'webhook', url: 'https://hooks.example.com/x' };

  it("passes the standardwebhooks library's check, with an id that stays", () => {
    const signing = secretOf();
    const nowMs = Date.now();
    const [first, again] = [sent(settings, { signing }, notificationOf(), nowMs), sent(settings, { signing }, notificationOf(), nowMs + 60_000)];
    expect(new Webhook(signing).verify(first.body, { ...first.headers })).toEqual(first.json);
    expect(new Webhook(signing).verify(again.body, { ...again.headers })).toEqual(first.json);
    expect([first.headers['webhook-id'], again.headers['webhook-id']]).toEqual([notificationOf().id, notificationOf().id]);
    expect(() => new Webhook(secretOf()).verify(first.body, { ...first.headers })).toThrow(/signature/);
    expect(() => new Webhook(signing).verify(first.body.replace('toy', 'boy'), { ...first.headers })).toThrow(/signature/);
    expect(first.json).toMatchObject({ type: 'alerts.firing', data: { sequence: 3, alerts: [{ startsAt: '2026-06-01T11:59:00.000Z', endsAt: null, url: 'https://signalbox.example.com/api/v1/alerts/1' }] } });
  });

  it('signs with both secrets until the overlap ends', () => {
    const [signing, before] = [secretOf(), secretOf()];
    const nowMs = Date.now();
    const rotated = { signing, signingBefore: { secret: before, untilMs: nowMs + 1000 } };
    const during = sent(settings, rotated, notificationOf(), nowMs);
    for (const secret of [signing, before]) new Webhook(secret).verify(during.body, { ...during.headers });
    expect(during.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect(sent(settings, rotated, notificationOf(), nowMs + 1000).headers['webhook-signature']).toMatch(/^v1,\S+$/);
  });
});

it('alertmanager-webhook has the fields of version 4', () => {
  const two = notificationOf({ alerts: [alertOf(), alertOf({ labels: { model: 'toy', layer: '4' }, status: 'resolved', endsAtMs: AT_MS })], truncatedAlerts: 1 });
  const { json, headers } = sent({ kind: 'alertmanager-webhook', url: 'https://h.example.com' }, { authorization: 'Bearer t' }, two);
  expect(headers['authorization']).toBe('Bearer t');
  expect(Object.keys(json).toSorted()).toEqual(['alerts', 'commonAnnotations', 'commonLabels', 'externalURL', 'groupKey', 'groupLabels', 'receiver', 'status', 'truncatedAlerts', 'version']);
  expect(json).toMatchObject({ version: '4', receiver: 'on-call', status: 'firing', truncatedAlerts: 1, commonLabels: { model: 'toy', alertname: 'Router shift', severity: 'critical' } });
  expect(json.commonLabels.layer).toBeUndefined();
  expect(Object.keys(json.alerts[0]).toSorted()).toEqual(['annotations', 'endsAt', 'fingerprint', 'generatorURL', 'labels', 'startsAt', 'status']);
  expect(json.alerts.map((alert: { endsAt: string }) => alert.endsAt)).toEqual(['0001-01-01T00:00:00Z', '2026-06-01T12:00:00.000Z']);
});

it('alertmanager gets alerts that end by themselves, and ends that have come', () => {
  const settings: ReceiverSettings = { kind: 'alertmanager', url: 'https://am.example.com/prefix/', firingForSeconds: 600 };
  const odd = notificationOf({ alerts: [alertOf({ labels: { 'my-label': 'x', empty: '', '1st': 'y' } })] });
  const { url, json } = sent(settings, {}, odd);
  expect(url).toBe('https://am.example.com/prefix/api/v2/alerts');
  expect(json).toEqual([expect.objectContaining({ labels: { my_label: 'x', _1st: 'y', alertname: 'Router shift', severity: 'critical' }, endsAt: '2026-06-01T12:10:05.000Z' })]);
  expect(sent(settings, {}, RESOLVED).json[0].endsAt).toBe('2026-06-01T12:00:00.000Z');
});

it('slack gets blocks in which labels cannot make marks', () => {
  const { url, json } = sent({ kind: 'slack' }, { slackUrl: 'https://hooks.slack.com/services/T/B/x' }, notificationOf({ alerts: Array.from({ length: 12 }, () => alertOf({ ruleName: '<!channel> & co' })) }));
  expect(url).toBe('https://hooks.slack.com/services/T/B/x');
  expect(json.blocks.map(({ type }: { type: string }) => type)).toEqual(['header', ...Array.from({ length: 10 }, () => 'section'), 'context']);
  expect(json.blocks[0].text.text.length).toBeLessThanOrEqual(150);
  expect(json.text).toContain('&lt;!channel&gt; &amp; co');
  expect(json.blocks[1].text.text).not.toContain('<!');
});

it('pagerduty triggers and resolves one incident', () => {
  const settings: ReceiverSettings = { kind: 'pagerduty', url: 'https://events.pagerduty.com/v2/enqueue', source: 'signalbox' };
  const [trigger, resolve] = [sent(settings, { routingKey: 'r'.repeat(32) }).json, sent(settings, { routingKey: 'r'.repeat(32) }, RESOLVED).json];
  expect(trigger).toMatchObject({ event_action: 'trigger', routing_key: 'r'.repeat(32), payload: { severity: 'critical', source: 'signalbox', timestamp: '2026-06-01T12:00:00.000Z' }, links: [{ href: 'https://signalbox.example.com/api/v1/alerts/1' }] });
  expect(resolve).toEqual({ event_action: 'resolve', routing_key: 'r'.repeat(32), dedup_key: trigger.dedup_key });
  expect(trigger.dedup_key.length).toBeLessThanOrEqual(255);
  expect(trigger.payload.summary.length).toBeLessThanOrEqual(1024);
});

it('a mail has a subject of one line, and the same id over attempts', () => {
  const settings: ReceiverSettings = { kind: 'email', host: 'mail.example.com', port: 587, security: 'starttls', username: 'u', from: 'signalbox@example.com', to: ['ops@example.com'] };
  const message = composeMessage(settings, { smtpPassword: 'p' }, notificationOf({ alerts: [alertOf({ ruleName: 'A\r\nBcc: all@example.com' })] }), CONTEXT);
  expect(message).toMatchObject({ by: 'mail', server: { password: 'p', security: 'starttls' }, message: { messageId: '<0197280f-6000-7000-8000-000000000001@example.com>', to: ['ops@example.com'] } });
  expect(message.by === 'mail' && message.message.subject).toBe('[Signalbox] Critical: A Bcc: all@example.com at model toy, layer 3');
});

describe('text for people', () => {
  it('says what, where, since when, how much, which experts, what changed, where to look and how to undo it', () => {
    const text = describeNotification(notificationOf());
    for (const part of ['The router changed.', 'layer 3', 'release abababababab,', '2026-06-01T11:58:00.000Z', '0.123 bits (95 % interval 0.1 to 0.15)', 'expert 5 share 0.4', 'promote', '/api/v1/alerts/1', 'To undo: signalbox rollback toy']) expect(text).toContain(part);
    expect(headline(RESOLVED)).toBe('Resolved: Router shift at model toy, layer 3');
  });

  it('makes do with any finding', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('effect', 'experts', 'changes', 'wayBack', 'summary', 'sinceMs'), fc.jsonValue()), (finding) => {
        expect(describeNotification(notificationOf({ alerts: [alertOf({ finding: { ...finding, sinceMs: null } })] }))).toContain('Router shift');
      }),
    );
    expect(describeNotification(notificationOf({ alerts: [alertOf({ finding: null })] }))).toContain('Since: 2026-06-01T11:59:00.000Z');
  });
});

it('a body that would be too long leaves alerts out and counts them', () => {
  const many = notificationOf({ alerts: Array.from({ length: 100 }, () => alertOf()), truncatedAlerts: 7 });
  const body = JSON.parse(boundedBody(many, (fitting) => fitting, 20_000)) as { alerts: unknown[]; truncatedAlerts: number };
  expect(body.alerts.length).toBeGreaterThan(0);
  expect(body.alerts.length + body.truncatedAlerts).toBe(107);
});

it('knows all texts that must not be shown', () => {
  expect(secretTexts({ slackUrl: 'https://hooks.slack.com/services/T/B/x', signing: 'a', signingBefore: { secret: 'b', untilMs: 0 } }).toSorted()).toEqual(['/services/T/B/x', 'a', 'b', 'https://hooks.slack.com/services/T/B/x']);
  // An answer may quote them without the scheme, and an address with its query.
  expect(secretTexts({ authorization: 'Bearer key-12345' })).toEqual(['Bearer key-12345', 'key-12345']);
  expect(secretTexts({ slackUrl: 'https://hooks.example.com/in?token=12345' })).toContain('?token=12345');
});
