export const RECEIVER_KINDS = ['webhook', 'alertmanager-webhook', 'alertmanager', 'slack', 'pagerduty', 'email'] as const;
export type ReceiverKind = (typeof RECEIVER_KINDS)[number];

/** What of a receiver is no secret. */
export type ReceiverSettings =
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'alertmanager-webhook'; readonly url: string }
  | {
      readonly kind: 'alertmanager';
      /** Base address; /api/v2/alerts is added. */
      readonly url: string;
      /** An alert that is not sent again ends this long after: longer than the interval of repeats. */
      readonly firingForSeconds: number;
    }
  | { readonly kind: 'slack' }
  | { readonly kind: 'pagerduty'; readonly url: string; readonly source: string }
  | {
      readonly kind: 'email';
      readonly host: string;
      readonly port: number;
      /** `tls` from the first byte, `starttls` and not without it, `none` only towards hosts that are allowed. */
      readonly security: 'tls' | 'starttls' | 'none';
      readonly username: string | null;
      readonly from: string;
      readonly to: readonly string[];
    };

/** What of a receiver is secret. */
export interface ReceiverSecrets {
  /** `whsec_` and base64: signs webhooks. Ours. */
  readonly signing?: string;
  /** The one before, which also signs until then (epoch milliseconds). */
  readonly signingBefore?: { readonly secret: string; readonly untilMs: number };
  /** Value of the Authorization header of alertmanager and alertmanager-webhook. */
  readonly authorization?: string;
  /** Incoming webhook of Slack: its address is what lets one in. */
  readonly slackUrl?: string;
  /** Integration key of PagerDuty's Events API v2. */
  readonly routingKey?: string;
  readonly smtpPassword?: string;
}

/** One HTTP request that delivers a notification. `body` is JSON. */
export interface WebRequest {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One e-mail that delivers a notification. */
export interface MailMessage {
  readonly messageId: string;
  /** Message id that all mails of the group refer to, so that they show as one thread. */
  readonly thread: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** All texts that must not be shown, whatever a receiver answers. */
export function secretTexts({ signing, signingBefore, authorization, slackUrl, routingKey, smtpPassword }: ReceiverSecrets): readonly string[] {
  // Answers quote parts too: a token without its scheme, an address without its host.
  const token = authorization?.replace(/^\S+ +/, '');
  const { pathname, search } = slackUrl === undefined ? {} : new URL(slackUrl);
  return [...new Set([signing, signingBefore?.secret, authorization, token, slackUrl, pathname, search, routingKey, smtpPassword])].filter((text): text is string => text !== undefined && text !== '');
}

/** Least time between two messages to one receiver: Slack takes about one a second. */
export function spacingMs({ kind }: { readonly kind: ReceiverKind }): number {
  return kind === 'slack' ? 1000 : 0;
}
