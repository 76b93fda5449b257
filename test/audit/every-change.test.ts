import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { type Route } from '#libs/contract/management/route';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { LOCKS } from '#libs/store/locks';
import { AccessHouse, type Answer, type CallOptions } from '../access/access-house.ts';
import { enqueue, notificationOf } from '../delivery/delivery.fixture.ts';
import { runRound } from '../alerts/alert-fixture.ts';
import { OTHER_RELEASE, RELEASE, saveRelease } from '../store/store.fixture.ts';

/** Operations that are no GET and are not driven here, each with the reason. */
const NOT_HERE: Readonly<Partial<Record<RouteName, string>>> = {
  checkDataRules: 'a dry run: it writes nothing',
  previewChange: 'a dry run: it writes nothing',
  previewRelease: 'a dry run: it writes nothing',
  previewAlertRule: 'a dry run: it writes nothing',
  previewSilence: 'a dry run: it writes nothing',
  putUploadBytes: 'bytes on the way; the version that they become is audited: test/registry/registry.test.ts',
  attachSignature: 'needs a signed release: apps/control/signatures/signatures.test.ts',
  adoptAudit: 'needs entries from outside the chain: test/audit/chain.test.ts',
  deleteComponent: 'needs a file of its own: test/registry/registry.test.ts',
  createRelease: 'needs a whole release as its base: test/registry/registry.test.ts',
  createDerivation: 'needs the files of a release: test/derive/derive.test.ts',
  adoptProtection: 'needs a finished concentration run: test/protection/protection.test.ts',
  createDenseTwin: 'needs the files of a release: test/derive/derive.test.ts',
};
const MODEL = 'toy';
const OF_MODEL = { model: MODEL };

let house: AccessHouse;
let folder: string;
const driven = new Map<RouteName, readonly string[]>();
/** What must be kept nowhere in clear text. */
const secrets: string[] = [];

beforeAll(async () => {
  house = new AccessHouse();
  await house.start();
  await saveRelease(house.dataSource, OTHER_RELEASE, Date.now());
  folder = mkdtempSync(join(tmpdir(), 'signalbox-changes-'));
});

afterAll(async () => {
  await house?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Input extends Omit<CallOptions, 'method'> {
  readonly params?: Readonly<Record<string, string>>;
}

/** Runs an operation, by its example where nothing else is given, and finds its entries in the audit log. */
async function change(name: RouteName, { params = {}, body, headers = {}, key = house.admin }: Input = {}): Promise<Answer['body']> {
  const route: Route = ROUTES[name];
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(params[field] ?? ''));
  const isPost = route.method === 'post';
  const answer = await house.call(`/api/v1${path}`, {
    method: route.method.toUpperCase(), key, body: body ?? (route.body === undefined ? undefined : route.example?.body),
    headers: { ...(isPost ? { 'idempotency-key': randomUUID() } : {}), ...headers },
  });
  if (answer.status !== route.status) throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const entries: { action: string; actor: string; subject: string }[] = await house.dataSource.query(
    'SELECT action, actor, subject FROM signalbox.audit_entry WHERE request_id = $1 ORDER BY seq', [answer.headers.get('x-request-id')],
  );
  expect(entries.map(({ actor }) => actor), `entries of ${name}`).toEqual(entries.map(() => entries[0]?.actor));
  expect(entries.length, `${name} left no entry in the audit log`).toBeGreaterThan(0);
  driven.set(name, entries.map(({ action }) => action));
  return answer.body;
}

const tagged = (generation: number): Record<string, string> => ({ 'if-match': `"${generation}"` });
const generationOf = async (): Promise<Record<string, string>> => ({ 'if-match': (await house.call(`/api/v1/models/${MODEL}/activation`)).headers.get('etag') ?? '' });

async function activations(): Promise<void> {
  const back = OTHER_RELEASE;
  await change('putActivation', { params: OF_MODEL, headers: await generationOf(), body: { release: back } });
  await change('rollbackActivation', { params: OF_MODEL, body: {} });
  await change('startCanary', { params: OF_MODEL, headers: await generationOf(), body: { release: back, share: 0.1 } });
  await change('setCanaryShare', { params: OF_MODEL, headers: await generationOf(), body: { share: 0.2 } });
  await change('abortCanary', { params: OF_MODEL, body: {} });
  await change('startCanary', { params: OF_MODEL, headers: await generationOf(), body: { release: back, share: 0.1 } });
  await change('promoteCanary', { params: OF_MODEL, headers: await generationOf(), body: {} });
  await change('rollbackActivation', { params: OF_MODEL, body: {} });
  await change('startShadow', { params: OF_MODEL, headers: await generationOf(), body: { release: back, share: 0.1 } });
  await change('stopShadow', { params: OF_MODEL, body: {} });
  const { id: quarantineId } = await change('createQuarantine', { params: OF_MODEL, body: { layer: 0, expert: 0, reason: 'a test' } });
  await change('liftQuarantine', { params: { ...OF_MODEL, quarantineId }, body: {} });
  await protection();
  const plan = { model: MODEL, candidate: back, steps: [{ share: 0.1, bakeMs: 60_000, minRequests: 10, maxMs: 600_000 }], guards: [{ kind: 'error-rate' }] };
  const rolloutId = (await change('createRollout', { body: { plan } })).id;
  for (const name of ['pauseRollout', 'resumeRollout', 'abortRollout'] as const) await change(name, { params: { rolloutId }, body: {} });
}

async function protection(): Promise<void> {
  const place = { ...OF_MODEL, layer: '0', expert: '1' };
  await change('protectExpert', { params: place });
  const emergency = { emergency: true, reason: 'it gives NaN for every token' };
  const { id: quarantineId } = await change('createQuarantine', { params: OF_MODEL, body: { layer: 0, expert: 1, reason: 'a test', override: emergency } });
  const [{ id: overrideId }] = (await house.call(`/api/v1/models/${MODEL}/protection-overrides`)).body.items;
  await change('reviewProtectionOverride', { params: { ...OF_MODEL, overrideId }, key: (await house.account(['approver'])).key });
  await change('liftQuarantine', { params: { ...OF_MODEL, quarantineId }, body: {} });
  await change('unprotectExpert', { params: place, body: { reason: 'a test' } });
}

async function settings(): Promise<void> {
  await change('putDataRules', { params: OF_MODEL, headers: tagged(0), body: { rules: [], reason: 'none yet' } });
  await change('putSignaturePolicy', { headers: tagged(0), body: { level: 'releases' } });
  await change('putModelSignaturePolicy', { params: OF_MODEL, headers: tagged(0), body: { level: 'off' } });
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
  const { keyId } = await change('addTrustedKey', { body: { name: 'team', pem } });
  await change('revokeTrustedKey', { params: { keyId }, body: { reason: 'lost' } });
  const freeze = await change('createFreeze');
  await change('putFreeze', { params: { freezeId: freeze.id }, headers: tagged(1) });
  await change('deleteFreeze', { params: { freezeId: freeze.id }, headers: tagged(2) });
  await change('createFeedback', { body: { requestId: house.requestIds.acme[0], score: 1 } });
  await change('createFeedbackBatch', { body: { items: [{ requestId: house.requestIds.acme[1], label: 'helpful' }] } });
  const [routers, experts] = await Promise.all(['router', 'expert'].map((part) => house.call(`/api/v1/${part}-releases?model=${MODEL}`)));
  await change('createCompatibility', { body: { model: MODEL, routerSet: routers!.body.items[0].routerSet, expertSet: experts!.body.items[0].expertSet, verdict: 'evaluated', evidence: 'a report' } });
}

async function access(): Promise<void> {
  const { id } = await change('createAccount', { body: { kind: 'user', name: 'ada', roles: ['operator'] } });
  await change('changeAccount', { params: { accountId: id }, headers: tagged(1), body: { roles: ['viewer'] } });
  const own = await change('createAccountKey', { params: { accountId: id }, body: { name: 'k', scopes: ['read'] } });
  const mine = await change('createOwnKey', { key: own.secret, body: { name: 'mine', scopes: ['read'] } });
  await change('revokeOwnKey', { key: own.secret, params: { keyId: mine.id } });
  const free = await change('createKey', { body: { name: 'free', scopes: ['read'] } });
  await change('revokeKey', { params: { keyId: free.id } });
  secrets.push(own.secret, mine.secret, free.secret, house.admin);
  const open = async (): Promise<{ id: string; headers: Record<string, string> }> => {
    const answer = await house.call('/api/v1/session', { method: 'POST', key: own.secret, headers: { 'idempotency-key': randomUUID() } });
    const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
    secrets.push(cookie.split('=')[1]!, answer.body.csrfToken);
    return { id: (await house.call('/api/v1/me/sessions', { key: own.secret })).body.items[0].id, headers: { cookie, 'x-csrf-token': answer.body.csrfToken } };
  };
  await change('openSession', { key: own.secret });
  const session = await open();
  await change('endOwnSession', { key: own.secret, params: { sessionId: session.id } });
  await change('closeSession', { key: null, headers: (await open()).headers });
  await open();
  await change('endAccountSessions', { params: { accountId: id } });
}

async function requests(): Promise<void> {
  const [author, first, second, operator] = await Promise.all([house.account(['releaser']), house.account(['approver']), house.account(['approver']), house.account(['operator'])]);
  const activate = { type: 'activate', model: MODEL, releaseId: OTHER_RELEASE };
  const drafted = async (over: object = {}): Promise<{ changeId: string }> => ({ changeId: (await change('createChange', { key: author.key, body: { title: 'A change', reason: 'It is better.', change: { ...activate, ...over } } })).id });
  const opened = async (over: object = {}): Promise<{ params: { changeId: string }; digest: string }> => {
    const params = await drafted(over);
    await change('addEvidence', { key: author.key, params, body: { kind: 'evaluation', title: 'e', content: '{}', mediaType: 'application/json' } });
    return { params, digest: (await change('submitChange', { key: author.key, params })).digest };
  };
  const one = await drafted();
  await change('editChange', { key: author.key, params: one, headers: tagged(1), body: { title: 'Another', reason: 'It is better.', change: activate } });
  const { evidence } = await change('addEvidence', { key: author.key, params: one });
  await change('removeEvidence', { key: author.key, params: { ...one, evidenceId: evidence[0].id } });
  await change('commentOnChange', { key: first.key, params: one });
  await change('withdrawChange', { key: author.key, params: one });
  const two = await opened();
  await change('rejectChange', { key: first.key, params: two.params, body: { digest: two.digest } });
  const three = await opened({ strategy: { kind: 'canary', share: 0.1 } });
  await change('approveChange', { key: first.key, params: three.params, body: { digest: three.digest } });
  await change('scheduleChange', { key: operator.key, params: three.params, body: { at: new Date(Date.now() + 3_600_000).toISOString() } });
  await change('unscheduleChange', { key: operator.key, params: three.params });
  await change('applyChange', { key: operator.key, params: three.params });
  await change('promoteChange', { key: operator.key, params: three.params });
  await change('rollbackActivation', { params: OF_MODEL, body: {} });
  const four = await drafted();
  await change('breakGlass', { key: operator.key, params: four });
  await change('reviewChange', { key: second.key, params: four });
  await change('rollbackActivation', { params: OF_MODEL, body: {} });
}

async function registry(): Promise<void> {
  const bytes = Buffer.from('{}');
  const { uploadId } = await change('createUpload', { body: { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.byteLength, kind: 'tokenizer' } });
  await change('cancelUpload', { params: { uploadId } });
  const holder = house.dataSource.createQueryRunner();
  await holder.query('SELECT pg_advisory_lock($1)', [LOCKS.imports]);
  const importId = (await change('createImport', { body: { directory: folder, model: 'never' } })).id;
  await change('cancelImport', { params: { importId } });
  await holder.query('SELECT pg_advisory_unlock($1)', [LOCKS.imports]);
  await holder.release();
  const held: { sha256: string }[] = await house.dataSource.query('SELECT sha256 FROM signalbox.release_component WHERE release_id = $1 AND sha256 NOT IN (SELECT sha256 FROM signalbox.release_component WHERE release_id = $2)', [OTHER_RELEASE, RELEASE]);
  const sha256 = held[0]?.sha256 ?? '';
  await change('putComponentCard', { params: { sha256 }, headers: tagged(0) });
  await change('recallComponent', { params: { sha256 } });
  const spare = 'ab'.repeat(32);
  await saveRelease(house.dataSource, spare, Date.now());
  await change('deleteRelease', { params: { releaseId: spare } });
}

async function receivers(): Promise<void> {
  const body = { name: 'on-call', target: { kind: 'webhook', url: 'https://hooks.example.com/signalbox' } };
  const made = await change('createReceiver', { body });
  const params = { receiverId: made.id };
  const { secret } = await change('rotateReceiverSecret', { params });
  secrets.push(made.secret, secret);
  await change('testReceiver', { params });
  await change('putReceiver', { params, headers: tagged(2), body: { ...body, disabled: true } });
  const dead = await enqueue(house.dataSource, notificationOf(made.id, 'group', 0, 'firing'));
  await change('enableReceiver', { params });
  await change('replayNotification', { params: { notificationId: dead.id }, body: {} });
  await change('replayReceiver', { params });
  await change('deleteReceiver', { params, headers: tagged(4) });
}

async function baselines(): Promise<void> {
  const made = await change('createBaseline', { body: { model: MODEL } });
  await change('cancelBaseline', { params: { baselineId: made.id } });
  // As the watch leaves it, which does not run here.
  await house.dataSource.query(`UPDATE signalbox.baseline SET state = 'ready' WHERE id = $1`, [made.id]);
  await change('adoptBaseline', { params: { baselineId: made.id }, headers: tagged(2) });
}

async function policies(): Promise<void> {
  await change('putChangePolicy', { headers: tagged(0) });
  await change('putGovernance', { params: OF_MODEL, headers: tagged(0) });
}

async function alerts(): Promise<void> {
  const { id: ruleId } = await change('createAlertRule');
  await change('putAlertRule', { params: { ruleId }, headers: tagged(1) });
  await change('deleteAlertRule', { params: { ruleId }, headers: tagged(2) });
  await change('putNotificationPolicy', { headers: tagged(0) });
  const { id: silenceId } = await change('createSilence');
  await change('expireSilence', { params: { silenceId } });
  // The watchdog fires from the first round.
  await runRound(house.dataSource, Date.now());
  const alertId = (await house.call('/api/v1/alerts')).body.items[0].id;
  await change('acknowledgeAlert', { params: { alertId } });
  await change('unacknowledgeAlert', { params: { alertId } });
}

async function evaluations(): Promise<void> {
  const { sha256 } = await change('createDataset', { body: { text: 'An item.' }, headers: { 'content-type': 'application/octet-stream' } });
  const { digest: suite } = await change('createSuite', { body: { name: 'a suite', tasks: [{ id: 'text', kind: 'likelihood', dataset: sha256 }] } });
  const evaluationId = (await change('createEvaluation', { body: { candidate: OTHER_RELEASE, suite } })).id;
  await change('cancelEvaluation', { params: { evaluationId } });
  await change('deleteEvaluation', { params: { evaluationId } });
  const spare = await change('createDataset', { body: { text: 'A spare item.' }, headers: { 'content-type': 'application/octet-stream' } });
  const { digest } = await change('createSuite', { body: { name: 'a spare suite', tasks: [{ id: 'text', kind: 'likelihood', dataset: spare.sha256 }] } });
  await change('deleteSuite', { params: { digest } });
  await change('deleteDataset', { params: { sha256: spare.sha256 } });
  const again = (await change('createEvaluation', { body: { candidate: OTHER_RELEASE, suite } })).id;
  // As the process leaves it that measures, which does not run here.
  const claims = new RunClaims(house.dataSource);
  const result = { format: 'signalbox.result/1', kind: 'suite', candidate: OTHER_RELEASE, reference: null, suite, verdict: { outcome: 'pass', reasons: [] }, summary: 'All gates hold.', tasks: [] };
  await claims.succeed((await claims.claim(again, 1, Date.now()))!, { result: JSON.stringify(result), measured: null }, Date.now());
  const changeId = (await change('createChange', { body: { title: 'A change', reason: 'It is better.', change: { type: 'activate', model: MODEL, releaseId: OTHER_RELEASE } } })).id;
  await change('attachEvaluation', { params: { changeId }, body: { evaluationId: again } });
}

it('every operation that changes something leaves its entry in the audit log', async () => {
  for (const part of [activations, settings, access, requests, registry, receivers, baselines, policies, alerts, evaluations]) await part();
  const changing = (Object.entries(ROUTES) as [RouteName, Route][]).filter(([name, { method }]) => method !== 'get' && !(name in NOT_HERE)).map(([name]) => name);
  expect(changing.filter((name) => !driven.has(name)), 'not driven: do it here, or say why not').toEqual([]);
  process.stdout.write(`audited: ${driven.size} operations, ${new Set([...driven.values()].flat()).size} actions\n`);
});

it('nothing that was secret is kept in clear text', async () => {
  const rows: { text: string }[] = await house.dataSource.query(
    'SELECT to_jsonb(a)::text AS text FROM signalbox.audit_entry AS a UNION ALL SELECT to_jsonb(k)::text FROM signalbox.idempotency_key AS k UNION ALL SELECT to_jsonb(s)::text FROM signalbox.session AS s UNION ALL SELECT to_jsonb(r)::text FROM signalbox.receiver AS r UNION ALL SELECT to_jsonb(k)::text FROM signalbox.api_key AS k',
  );
  expect(rows.length).toBeGreaterThan(100);
  expect(secrets.length).toBe(12);
  expect(secrets.filter((secret) => secret.length < 20 || rows.some(({ text }) => text.includes(secret)))).toEqual([]);
});
