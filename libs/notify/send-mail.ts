import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import { type MailServer } from '#libs/alerting/receiver/compose-message';
import { type MailMessage } from '#libs/alerting/receiver/receiver';
import { type AllowList } from './address-policy.ts';
import { BlockedAddressError, resolveHost, type Resolver } from './resolve-host.ts';
import { orAborted } from './send-web.ts';

export interface MailAnswer {
  /** Code of SMTP; 250 is taken. */
  readonly status: number;
  readonly text: string;
}

/**
 * Hands one mail to a server at a checked address.
 * @throws BlockedAddressError, or what the connection failed with; the signal's reason when it aborts
 */
export async function sendMail(server: MailServer, message: MailMessage, { allow, resolver, signal, timeoutMs }: { readonly allow: AllowList; readonly resolver: Resolver; readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<MailAnswer> {
  const { addresses, isAllowed } = await orAborted(resolveHost(server.host, allow, resolver), signal);
  if (server.security === 'none' && !isAllowed) throw new BlockedAddressError('a public mail server is sent to by tls or starttls only');
  const transport = createTransport({
    // The address that was checked; the name only for its certificate.
    host: addresses[0]!.address,
    port: server.port,
    secure: server.security === 'tls',
    requireTLS: server.security === 'starttls',
    ignoreTLS: server.security === 'none',
    tls: isIP(server.host) === 0 ? { servername: server.host } : {},
    ...(server.username === null ? {} : { auth: { user: server.username, pass: server.password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { messageId, thread, from, to, subject, text } = message;
  const sending = transport.sendMail({ messageId, inReplyTo: thread, references: thread, from, to: [...to], subject, text, headers: { 'auto-submitted': 'auto-generated' } });
  try {
    const sent = await orAborted(sending, signal);
    // Some of several addressees may be refused; those that were taken would get it twice if it were sent again.
    const refused = sent.rejected.length === 0 ? '' : `; refused for ${sent.rejected.length} of ${to.length} addressees`;
    return { status: statusOf(sent.response) ?? 250, text: `${sent.response}${refused}` };
  } catch (error) {
    const code = (error as { readonly responseCode?: unknown }).responseCode;
    if (typeof code === 'number') return { status: code, text: error instanceof Error ? error.message : '' };
    throw error;
  } finally {
    sending.catch(() => undefined);
    transport.close();
  }
}

function statusOf(response: string): number | null {
  const digits = /^\d{3}/.exec(response)?.[0];
  return digits === undefined ? null : Number(digits);
}
