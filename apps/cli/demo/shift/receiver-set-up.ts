import { type ApiClient } from '../../api/api-client.ts';
import { CliError, EXIT } from '../../api/exit-code.ts';
import { type UndoList } from './undo-list.ts';
import { type WebhookReceiver } from './webhook-receiver.ts';

const REMEDY = 'The demo receives on 127.0.0.1, and by default Signalbox sends nothing to addresses that are not public: start it on this machine with SIGNALBOX_RECEIVER_ALLOW=127.0.0.0/8 npm start.';

/** Adds the receiver of the demo to the server, and tries it. @returns its id @throws CliError where nothing can be delivered to it */
export async function addWebhook(client: ApiClient, undoClient: ApiClient, undo: UndoList, webhook: WebhookReceiver): Promise<string> {
  const name = `demo of a shift, ${new Date().toISOString()}`;
  const added = await client.call('createReceiver', { body: { name, target: { kind: 'webhook', url: webhook.url } } }).catch((error: unknown) => {
    throw new CliError(EXIT.failed, `${error instanceof Error ? error.message : String(error)} ${REMEDY}`, { cause: error });
  });
  undo.add(`the receiver ${name}`, async () => {
    const { generation } = await undoClient.call('getReceiver', { params: { receiverId: added.id } });
    await undoClient.call('deleteReceiver', { params: { receiverId: added.id }, headers: { 'if-match': `"${generation}"` } });
  });
  if (added.secret === null) throw new CliError(EXIT.failed, 'The server gave no secret for its signatures: use the signalbox of the same version.');
  webhook.checkWith(added.secret);
  const { attempt } = await client.call('testReceiver', { params: { receiverId: added.id } });
  if (attempt.outcome !== 'delivered') throw new CliError(EXIT.failed, `Nothing can be delivered to ${webhook.url} (${attempt.reason ?? attempt.error ?? 'no reason given'}). ${REMEDY}`);
  return added.id;
}
