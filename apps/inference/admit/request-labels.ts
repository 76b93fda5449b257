import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { type Principal } from '#libs/platform/auth/scopes';

/** What a request says of itself in its metadata; empty text where it says nothing. */
export interface RequestLabels {
  readonly tenant: string;
  readonly task: string;
  readonly language: string;
  readonly region: string;
  readonly dataClass: string;
  readonly licence: string;
  /** Requests with the same one belong together, such as the turns of a conversation. */
  readonly session: string;
}

/** Whom the engine shares its places out to: the tenant that is named, or else the account. */
export function sharerOf({ tenant }: Pick<RequestLabels, 'tenant'>, { accountId }: Pick<Principal, 'accountId'>): string {
  return tenant === '' ? accountId : tenant;
}

type LabelsDecision = { readonly labels: RequestLabels } | { readonly refused: OpenAiFailure };

/** The labels of a request. A caller bound to a tenant speaks for that tenant, named or not, and for no other. */
export function labelsOf(metadata: Readonly<Record<string, string>> | null | undefined, principal: Pick<Principal, 'tenant'>): LabelsDecision {
  const label = (key: string): string => metadata?.[key] ?? '';
  const named = metadata?.['tenant'];
  if (principal.tenant !== null && named !== undefined && named !== principal.tenant) {
    const message = "'metadata.tenant' names another tenant than the one this API key is bound to. Leave it out, or use a key of that tenant.";
    return { refused: { ...badRequest('tenant_mismatch', 'metadata.tenant', message), status: 403, type: 'permission_error' } };
  }
  return {
    labels: {
      tenant: principal.tenant ?? named ?? '',
      task: label('task'),
      language: label('language'),
      region: label('region'),
      dataClass: label('data_class'),
      licence: label('licence'),
      session: label('session'),
    },
  };
}
