/** It ends so long after it was opened, used or not. */
export const SESSION_MAX_MS = 12 * 3_600_000;
/** From the start of a sign-in to the provider's answer. */
export const SIGN_IN_MS = 10 * 60_000;
