import { client } from './gen/client.gen.ts';
import { problemOf } from './problem.ts';

let csrfToken: string | null = null;
let onSignedOut: () => void = () => undefined;

/** The token of the session, sent along with whatever changes something; null when signed out. It is kept in memory only. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** What to do when the server no longer knows the session. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

/** Prepares the generated client; called once, before anything is asked. */
export function setUpClient(): void {
  client.setConfig({ baseUrl: '', credentials: 'same-origin' });
  client.interceptors.request.use((request) => {
    if (csrfToken !== null && request.method !== 'GET') request.headers.set('x-csrf-token', csrfToken);
    return request;
  });
  client.interceptors.error.use((error, response) => {
    const problem = problemOf(error, response?.status);
    if (problem.status === 401) onSignedOut();
    return problem;
  });
}
