/** When a request was admitted, epoch milliseconds: its id is a UUID of version 7 (RFC 9562), which begins with it. */
export function requestTime(requestId: string): number {
  return Number.parseInt(requestId.replaceAll('-', '').slice(0, 12), 16);
}
