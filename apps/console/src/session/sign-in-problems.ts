/** Why a sign-in with the provider failed, by the code that the server put into the address. */
const WHY: Readonly<Record<string, string>> = {
  sign_in_failed: 'The provider did not confirm it, or it took longer than ten minutes. Begin again.',
  sign_in_email_not_verified: 'The provider has no verified e-mail address of you, and one is needed here.',
  sign_in_domain_not_allowed: 'Your e-mail address is of a domain that may not sign in here.',
  sign_in_account_disabled: 'Your account is disabled. Ask an administrator about it.',
  provider_unavailable: 'The provider cannot be reached. Try again later, or sign in with an API key meanwhile.',
  no_provider: 'No provider is set here. Sign in with an API key.',
};

export function signInProblem(code: string): string {
  return WHY[code] ?? 'The sign-in did not work. Begin again; the log of the server says why it failed.';
}

/** Longest path that the server takes back from a provider. */
const MAX_RETURN = 500;

/** Where to go after signing in: a path of this server, or else the first view. */
export function returnPath(returnTo: string | undefined): string {
  return returnTo !== undefined && /^\/(?![/\\])[!-[\]-~]*$/.test(returnTo) && returnTo.length <= MAX_RETURN && !returnTo.startsWith('/sign-in') ? returnTo : '/';
}
