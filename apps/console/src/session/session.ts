import { useQuery } from '@tanstack/react-query';
import { redirect } from '@tanstack/react-router';
import { getMeOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Me } from '../api/gen/types.gen.ts';
import { isEnded, setCsrfToken } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import { queryClient } from '../api/query-client.ts';

export type Permission = Me['permissions'][number];

/** Reads who is signed in before a view opens; sends to the sign-in otherwise, and back afterwards. */
export async function requireSession({ location }: { readonly location: { readonly href: string } }): Promise<void> {
  try {
    const me = await queryClient.fetchQuery({ ...getMeOptions(), staleTime: 60_000 });
    setCsrfToken(me.session?.csrfToken ?? null);
  } catch (error) {
    const problem = problemOf(error, undefined);
    if (problem.status !== 401) throw error;
    throw redirect({ to: '/sign-in', search: { returnTo: location.href, ...(isEnded(problem) && { ended: true }) } });
  }
}

/** Who is signed in. */
export function useMe(): Me | undefined {
  return useQuery({ ...getMeOptions(), staleTime: 60_000 }).data;
}

/** Whether who is signed in may do something. What they may not do is not offered. */
export function useMay(permission: Permission): boolean {
  return useMe()?.permissions.includes(permission) ?? false;
}
