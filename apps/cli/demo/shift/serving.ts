import { type ApiClient } from '../../api/api-client.ts';
import { CliError, EXIT } from '../../api/exit-code.ts';
import { refusal } from '../../api/refusal.ts';
import { type ToldAlert } from './told.ts';
import { type UndoList } from './undo-list.ts';

/** The stable release of a model. @throws CliError where a canary or shadow runs: the demo would disturb it */
export async function stableRelease(client: ApiClient, model: string): Promise<string> {
  const { releaseId, canary, shadow } = await client.call('getActivation', { params: { model } });
  if (releaseId === null) throw new CliError(EXIT.usage, `${model} serves nothing: signalbox activate RELEASE --model ${model}.`);
  if (canary || shadow) throw new CliError(EXIT.usage, `${model} has a ${canary ? 'canary' : 'shadow'}: end it first, the demo activates a release of its own.`);
  return releaseId;
}

/** Lets a release answer, and remembers to go back to the one before. @returns what takes that off the list once somebody went back */
export async function activateForNow(client: ApiClient, undoClient: ApiClient, undo: UndoList, { model, release, before }: { readonly model: string; readonly release: string; readonly before: string }): Promise<() => void> {
  const put = async (api: ApiClient, to: string, reason: string): Promise<void> => {
    const { generation } = await api.call('getActivation', { params: { model } });
    await api.call('putActivation', { params: { model }, headers: { 'if-match': `"${generation}"` }, body: { release: to, reason } });
  };
  const done = undo.add(`the activation of ${model}`, async () => {
    const { releaseId } = await undoClient.call('getActivation', { params: { model } });
    if (releaseId === release) await put(undoClient, before, 'end of the demo of a shift');
  });
  await put(client, release, 'demo of a shift: one router perturbed');
  return done;
}

/** Does what the finding offers to undo it. @throws CliError where it offers nothing */
export async function goBack(client: ApiClient, { finding }: ToldAlert): Promise<void> {
  if (!finding?.wayBack) throw new CliError(EXIT.failed, 'The finding names no way back, though a release was activated: signalbox rollback goes back by hand.');
  const { path, body } = finding.wayBack;
  const answer = await client.request(path, { method: 'POST', headers: { 'idempotency-key': crypto.randomUUID() }, body: JSON.stringify({ ...body, reason: 'demo of a shift: the way back that the finding names' }) });
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null));
}
