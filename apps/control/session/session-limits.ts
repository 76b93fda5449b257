/** A session that is not used for so long ends. */
export const SESSION_IDLE_MS = 2 * 3_600_000;
/** It ends so long after it was opened, used or not. */
export const SESSION_MAX_MS = 12 * 3_600_000;
/** From the start of a sign-in to the provider's answer. */
export const SIGN_IN_MS = 10 * 60_000;
