/** What the address of the sign-in says. */
export interface SignInSearch {
  readonly returnTo?: string;
  /** Why a sign-in with the provider failed. */
  readonly problem?: string;
  /** Set where there was a session, and it has ended. */
  readonly ended?: true;
}

export function parseSignIn({ returnTo, problem, ended }: Record<string, unknown>): SignInSearch {
  return { ...(typeof returnTo === 'string' && { returnTo }), ...(typeof problem === 'string' && { problem }), ...(ended === true && { ended }) };
}
