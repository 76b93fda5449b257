import { type NotifiedAlert, type Notification } from '../notify/notification.ts';
import { alertmanagerRequest } from './alertmanager.ts';
import { alertmanagerWebhookRequest } from './alertmanager-webhook.ts';
import { emailMessage } from './email.ts';
import { pagerdutyRequest } from './pagerduty.ts';
import { type MailMessage, type ReceiverSecrets, type ReceiverSettings, type WebRequest } from './receiver.ts';
import { slackRequest } from './slack.ts';
import { webhookRequest } from './webhook.ts';

/** Where mails leave, with what lets one in. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'none';
  readonly username: string | null;
  readonly password: string | null;
}

export type ReceiverMessage = { readonly by: 'web'; readonly request: WebRequest } | { readonly by: 'mail'; readonly server: MailServer; readonly message: MailMessage };

export interface MessageContext {
  readonly receiverName: string;
  /** By which people reach this Signalbox, without a slash at the end. */
  readonly externalUrl: string;
  /** Of the attempt. */
  readonly nowMs: number;
}

/** What is sent to a receiver to tell it of a notification. @throws Error where a secret is missing */
export function composeMessage(settings: ReceiverSettings, secrets: ReceiverSecrets, notification: Notification, context: MessageContext): ReceiverMessage {
  const told = { ...notification, alerts: notification.alerts.map((alert) => withWholeUrl(alert, context.externalUrl)) };
  switch (settings.kind) {
    case 'webhook':
      return { by: 'web', request: webhookRequest(settings.url, secrets, told, context.nowMs) };
    case 'alertmanager-webhook':
      return { by: 'web', request: alertmanagerWebhookRequest(settings.url, secrets, told, context) };
    case 'alertmanager':
      return { by: 'web', request: alertmanagerRequest(settings, secrets, told, context.nowMs) };
    case 'slack':
      if (secrets.slackUrl === undefined) throw new Error('the receiver has no address: give it one');
      return { by: 'web', request: slackRequest(secrets.slackUrl, told) };
    case 'pagerduty':
      return { by: 'web', request: pagerdutyRequest(settings, secrets, told) };
    case 'email': {
      const { host, port, security, username } = settings;
      return { by: 'mail', server: { host, port, security, username, password: secrets.smtpPassword ?? null }, message: emailMessage(settings, told) };
    }
  }
}

function withWholeUrl(alert: NotifiedAlert, externalUrl: string): NotifiedAlert {
  return alert.url.startsWith('/') ? { ...alert, url: `${externalUrl}${alert.url}` } : alert;
}
