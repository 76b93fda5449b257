import { client } from './gen/client.gen.ts';
import { type Problem, problemOf } from './problem.ts';

let csrfToken: string | null = null;
let onSignedOut: (hadSession: boolean) => void = () => undefined;

/** The token of the session, sent along with whatever changes something; null when signed out. It is kept in memory only. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** What to do when the server knows no session; told whether there was one. */
export function whenSignedOut(act: (hadSession: boolean) => void): void {
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
    if (problem.status === 401) onSignedOut(isEnded(problem));
    return problem;
  });
}

/** Whether the browser came with a session that has ended, rather than without any. */
export function isEnded({ code }: Problem): boolean {
  return code.startsWith('session_');
}
