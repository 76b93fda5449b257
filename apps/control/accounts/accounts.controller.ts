import { Controller, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { KeyDesk } from '../keys/key-desk.ts';
import { SessionDesk } from '../session/session-desk.ts';
import { AccountDesk } from './account-desk.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class AccountsController {
  constructor(
    private readonly accounts: AccountDesk,
    private readonly keys: KeyDesk,
    private readonly sessions: SessionDesk,
  ) {}

  @Endpoint(ROUTES.listAccounts)
  list(@Input() { query }: In<'listAccounts'>): Out<'listAccounts'> {
    return this.accounts.list(query);
  }

  @Endpoint(ROUTES.createAccount)
  async create(@Input() { body }: In<'createAccount'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createAccount'> {
    return withTag(await this.accounts.create(body, caller), reply);
  }

  @Endpoint(ROUTES.getAccount)
  async get(@Input() { params }: In<'getAccount'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getAccount'> {
    return withTag(await this.accounts.get(params.accountId), reply);
  }

  @Endpoint(ROUTES.changeAccount)
  async change(@Input() { params, headers, body }: In<'changeAccount'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'changeAccount'> {
    return withTag(await this.accounts.change(params.accountId, Number(headers['if-match'].slice(1, -1)), body, caller), reply);
  }

  @Endpoint(ROUTES.listAccountKeys)
  listKeys(@Input() { params, query }: In<'listAccountKeys'>): Out<'listAccountKeys'> {
    return this.keys.listOf(params.accountId, query);
  }

  @Endpoint(ROUTES.createAccountKey)
  createKey(@Input() { params, body }: In<'createAccountKey'>, @Caller() caller: Principal): Out<'createAccountKey'> {
    return this.keys.createFor(params.accountId, body, caller);
  }

  @Endpoint(ROUTES.listAccountSessions)
  async listSessions(@Input() { params, query }: In<'listAccountSessions'>): Out<'listAccountSessions'> {
    await this.accounts.get(params.accountId);
    return this.sessions.list({ accountId: params.accountId }, query, null);
  }

  @Endpoint(ROUTES.endAccountSessions)
  async endSessions(@Input() { params }: In<'endAccountSessions'>, @Caller() caller: Principal): Out<'endAccountSessions'> {
    await this.accounts.get(params.accountId);
    return this.sessions.endAll(params.accountId, caller);
  }
}

function withTag(account: RouteOutput<typeof ROUTES.getAccount>, reply: FastifyReply): RouteOutput<typeof ROUTES.getAccount> {
  void reply.header('etag', `"${account.version}"`);
  return account;
}
