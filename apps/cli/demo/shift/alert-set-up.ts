import { type ApiClient } from '../../api/api-client.ts';
import { type UndoList } from './undo-list.ts';

/** Signals that the demo provokes. */
export const SHIFTS = ['mix-shift', 'router-shift'] as const;

const ROUTE = 'demo of a shift';
/** Short, so that a demo takes minutes: by default an alert goes on for 5 minutes after its condition was last seen. */
const TIMING = { forMs: 0, keepFiringForMs: 2000, noDataAfterMs: 86_400_000 };
const GROUP_TIMING = { groupWaitMs: 0, groupIntervalMs: 500, repeatIntervalMs: 3_600_000 };
const LIMITS = [
  { severity: 'warning', is: 'above', limit: 0.002 },
  { severity: 'critical', is: 'above', limit: 0.01 },
] as const;

/**
 * Makes rules of the demo's own for both shifts and sends their alerts to its receiver. The rules and
 * receivers that are there stay as they are; the policy has one route more until it is put back.
 */
export async function sendShiftsTo(client: ApiClient, undoClient: ApiClient, undo: UndoList, { model, receiverId }: { readonly model: string; readonly receiverId: string }): Promise<void> {
  const rules: string[] = [];
  for (const signal of SHIFTS) {
    const rule = await client.call('createAlertRule', {
      body: { name: `Demo: ${signal}`, signal, matchers: [{ label: 'model', is: 'equal', value: model }], limits: [...LIMITS], timing: TIMING },
    });
    rules.push(rule.id);
    undo.add(`the alert rule ${rule.id}`, () => undoClient.call('deleteAlertRule', { params: { ruleId: rule.id }, headers: { 'if-match': `"${rule.generation}"` } }));
  }
  await addRoute(client, undoClient, undo, { rules, receiverId });
}

async function addRoute(client: ApiClient, undoClient: ApiClient, undo: UndoList, { rules, receiverId }: { readonly rules: string[]; readonly receiverId: string }): Promise<void> {
  const { generation, routes, ...others } = await documentOf(client);
  const route = { name: `${ROUTE} ${receiverId}`, matchers: [{ label: 'rule', is: 'one-of' as const, values: rules }], receivers: [receiverId], timing: GROUP_TIMING };
  await client.call('putNotificationPolicy', { headers: { 'if-match': `"${generation}"` }, body: { ...others, routes: [route, ...routes] } });
  undo.add('the notification policy', async () => {
    // As it is by then, less our route: what others changed meanwhile stays.
    const now = await documentOf(undoClient);
    await undoClient.call('putNotificationPolicy', { headers: { 'if-match': `"${now.generation}"` }, body: { ...bodyOf(now), routes: now.routes.filter(({ name }) => name !== route.name) } });
  });
}

async function documentOf(client: ApiClient) {
  const { updatedBy: _by, updatedAt: _at, ...document } = await client.call('getNotificationPolicy', {});
  return document;
}

function bodyOf<T extends { readonly generation: number }>({ generation: _generation, ...body }: T): Omit<T, 'generation'> {
  return body;
}
