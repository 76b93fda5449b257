import { AccountDesk } from './account-desk.ts';
import { AccountsController } from './accounts.controller.ts';
import { KeyDesk } from '../keys/key-desk.ts';
import { KeysController } from '../keys/keys.controller.ts';
import { SessionController } from '../session/session.controller.ts';
import { SessionDesk } from '../session/session-desk.ts';
import { SignInController } from '../session/sign-in.controller.ts';
import { SignInDesk } from '../session/sign-in-desk.ts';
import { ApiLimits } from '../http/api-limits.ts';
import { CallerAuthenticator } from '../http/caller-authenticator.ts';
import { IdempotencyInterceptor } from '../http/idempotency.interceptor.ts';
import { KeyGuard } from '../http/key-guard.ts';
import { SecurityHeaders } from '../http/security-headers.ts';

/** What answers for accounts, keys and sessions. */
export const accessControllers = [AccountsController, KeysController, SessionController, SignInController];

/** Besides the ports of access-ports.ts. */
export const accessProviders = [KeyGuard, ApiLimits, SecurityHeaders, IdempotencyInterceptor, CallerAuthenticator, AccountDesk, KeyDesk, SessionDesk, SignInDesk];
