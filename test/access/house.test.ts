import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccessHouse } from './access-house.ts';

const house = new AccessHouse();
beforeAll(() => house.start());
afterAll(() => house.stop());

it('tells whoever asks which ways of signing in there are', async () => {
  expect((await house.call('/api/v1/session/methods', { key: null })).body).toEqual({ key: true, oidc: null });
});

it('tells everybody the roles in words, even who has none', async () => {
  const { key } = await house.account([]);
  const { body } = await house.call('/api/v1/roles', { key });
  const admin = body.roles.find(({ role }: { role: string }) => role === 'admin');
  expect(admin.permissions).not.toContain('traces');
  expect(body.permissions.map(({ permission }: { permission: string }) => permission)).toEqual(expect.arrayContaining(admin.permissions));
  expect(body.permissions.every(({ meaning }: { meaning: string }) => meaning.length > 10)).toBe(true);
});

it('lists the tenants that accounts, keys and requests name', async () => {
  const { id } = await house.account(['viewer'], { tenant: 'bound' });
  const { keyId } = await house.key({ accountId: id, tenant: 'by-key' });
  const list = async (): Promise<unknown[]> => (await house.call('/api/v1/tenants')).body.items.map(({ tenant, accounts, keys }: Record<string, unknown>) => [tenant, accounts, keys]);
  expect(await list()).toEqual([['acme', 0, 0], ['bound', 1, 0], ['by-key', 0, 1], ['umbrella', 0, 0]]);
  const { items } = (await house.call('/api/v1/tenants')).body;
  expect(items.find(({ tenant }: { tenant: string }) => tenant === 'acme')).toMatchObject({ requestsDay: house.requestIds.acme.length, requestsWeek: house.requestIds.acme.length });
  await house.call(`/api/v1/keys/${keyId}`, { method: 'DELETE' });
  expect(await list()).toContainEqual(['by-key', 0, 0]);
  const { body } = await house.call('/api/v1/tenants?limit=1');
  expect(body.items).toMatchObject([{ tenant: 'acme' }]);
  expect((await house.call(`/api/v1/tenants?limit=2&cursor=${body.nextCursor}`)).body.items.map(({ tenant }: { tenant: string }) => tenant)).toEqual(['bound', 'by-key']);
});

it('finds audit entries of all subjects of a kind', async () => {
  await house.call('/api/v1/accounts', { method: 'POST', body: { kind: 'service', name: 'audited', roles: [] } });
  const subjects = (await house.call('/api/v1/audit?subject=account/*&limit=200')).body.items.map(({ subject }: { subject: string }) => subject);
  expect(subjects.length).toBeGreaterThan(0);
  expect(subjects.filter((subject: string) => !subject.startsWith('account/'))).toEqual([]);
  expect((await house.call('/api/v1/audit?subject=acc%25/*')).body.items).toEqual([]);
});
