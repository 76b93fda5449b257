import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { type PinDecision, PIN_PERMISSIONS } from '#libs/governance/activation/decide-pin';
import { PIN_HEADER } from '#libs/contract/openai/routes';

/** The release that a request names; null where it names none. */
export function namedRelease(header: string | string[] | undefined): string | null {
  // Sent twice it is no release id either, and is refused as such.
  return header === undefined ? null : String(header).trim();
}

/** What to tell whom a release is refused to. */
export function pinFailure(reason: Extract<PinDecision, { decision: 'refuse' }>['reason'], model: string): OpenAiFailure {
  switch (reason) {
    case 'not-permitted':
      return { status: 403, type: 'permission_error', code: 'pin_not_permitted', param: PIN_HEADER, message: `Header field ${PIN_HEADER}: choosing a release needs one of the permissions ${PIN_PERMISSIONS.join(', ')} besides 'inference'. Leave it out to be answered by the release that serves you.` };
    case 'malformed':
      return badRequest('invalid_value', PIN_HEADER, `Header field ${PIN_HEADER}: give a release id, 64 hexadecimal digits, once.`);
    case 'not-loaded':
      return { ...badRequest('release_not_loaded', PIN_HEADER, `Header field ${PIN_HEADER}: this release is not loaded for '${model.slice(0, 128)}'. Start it as shadow or canary first, and wait until its processes report it.`), status: 409 };
  }
}
