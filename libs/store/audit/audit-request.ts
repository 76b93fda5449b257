import { AsyncLocalStorage } from 'node:async_hooks';

const requests = new AsyncLocalStorage<string>();

/** Entries that `work` appends, now or later, name this request unless they name one themselves. */
export function auditedAs<T>(requestId: string, work: () => T): T {
  return requests.run(requestId, work);
}

/** null outside a request, as for what happens by itself. */
export function auditedRequestId(): string | null {
  return requests.getStore() ?? null;
}
