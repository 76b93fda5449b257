import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

const MACHINE = { cores: 6, workingDir: '/srv/app' };
const load = (env: Record<string, string>) => loadConfig(env, MACHINE);

describe('loadConfig', () => {
  it('serves on loopback with everything under .signalbox by default', () => {
    expect(load({})).toEqual({
      admission: { order: 'fair', queueTargetMs: 10_000, tenantWeights: {}, tenantQueueShare: 0.75, tokensPerMinute: null, repetition: 'observe' },
      experts: { timeoutMs: 10_000, slowFactor: 4, firstProbeMs: 250, maxProbeMs: 60_000, patrolMs: 1000, minimumExperts: 1, memoryBytes: null, faultFile: null },
      home: '/srv/app/.signalbox',
      http: { host: '127.0.0.1', port: 7070 },
      pipeline: { operationsPort: null },
      auth: { adminKey: null },
      access: { publicUrl: null, oidc: null, apiRequestsPerMinute: 6000, inferenceRequestsPerMinute: null, failedLoginsPerMinute: 60 },
      database: { url: null },
      queue: { redisUrl: null },
      evaluation: { cacheMaxBytes: 2 ** 28, heapBytes: 2 ** 30, idleMs: 60_000, judge: null, operationsPort: null, releasesHeld: 2, retentionDays: 30, threads: 1 },
      capture: {
        mode: 'full',
        share: 1,
        seed: '',
        rules: [],
        transport: 'spool',
        durability: 'answered',
        spoolMaxBytes: 1024 ** 3,
        traceKey: null,
        olderTraceKeys: [],
        retentionDays: 7,
      },
      audit: { signingKey: null, checkpointEntries: 1000, checkpointSeconds: 60 },
      privacy: { minRequests: 5, privateUsage: null },
      rollouts: { intervalMs: 2000 },
      watch: { operationsPort: null },
      receivers: { secretKey: null, olderSecretKeys: [], allow: [] },
      alerts: { intervalMs: 5000 },
      measure: { intervalMs: 60_000, windowMs: 900_000 },
      feedback: { retentionDays: 90 },
      retention: { hourDays: 1825, historyDays: 365, evaluationRunDays: 365 },
      detection: { isOn: true, baselineRequests: 5000, falseAlarmsPerMonth: 1, maxStreams: 4096 },
      engine: {
        threads: 6,
        maxSequences: 16,
        maxQueued: 64,
        prefillChunkTokens: 256,
        plan: { kind: 'split', provider: 'cpu' },
        cacheMaxBytes: 512 * 1024 ** 2,
        prefixCacheBytes: 64 * 1024 ** 2,
        maxLogprobs: 20,
      },
      integrity: { verifyComponents: 'once' },
      log: { level: 'info' },
      demo: { modelDir: '/srv/app/models/tiny-mixtral' },
      warnings: [],
    });
  });

  it('takes an empty variable as absent', () => {
    expect(load({ SIGNALBOX_PORT: '', DATABASE_URL: '' })).toEqual(load({}));
  });

  it('reads sizes with units and a key in base64', () => {
    const config = load({
      SIGNALBOX_SPOOL_MAX_BYTES: '64MiB',
      SIGNALBOX_TRACE_KEY: Buffer.alloc(32, 7).toString('base64'),
      SIGNALBOX_TRACE_KEYS_OLDER: `${Buffer.alloc(32, 8).toString('base64')}, ${Buffer.alloc(32, 9).toString('base64')}`,
      SIGNALBOX_DEMO_MODEL: 'off',
    });
    expect(config.capture.olderTraceKeys).toEqual([Buffer.alloc(32, 8), Buffer.alloc(32, 9)]);
    expect(config.capture.spoolMaxBytes).toBe(64 * 1024 ** 2);
    expect(config.capture.traceKey).toEqual(Buffer.alloc(32, 7));
    expect(config.demo.modelDir).toBeNull();
  });

  it.each([
    ['SIGNALBOX_PORT', '70700', 'whole number from 0 to 65535'],
    ['SIGNALBOX_PORT', '-1', 'whole number from 0 to 65535'],
    ['SIGNALBOX_DURABILITY', 'always', 'one of memory, answered, fsync'],
    ['SIGNALBOX_ADMIN_KEY', 'short', '24 to 512 characters'],
    ['SIGNALBOX_TRACE_KEY', 'c2hvcnQ=', '32 bytes in base64'],
    ['SIGNALBOX_TRACE_KEYS_OLDER', `${Buffer.alloc(32).toString('base64')},c2hvcnQ=`, '32 bytes in base64'],
    ['SIGNALBOX_SPOOL_MAX_BYTES', '12 parsecs', '256MiB'],
    ['DATABASE_URL', 'mysql://localhost', 'postgres://user'],
    ['REDIS_URL', 'localhost', 'redis://host'],
    ['SIGNALBOX_PUBLIC_URL', 'https://signalbox.example.org/console', 'without a path'],
    ['SIGNALBOX_OIDC_ISSUER', 'http://login.example.org', 'https URL'],
    ['SIGNALBOX_OIDC_ROLE_MAP', 'ops=captain', 'sb-ops=operator'],
    ['SIGNALBOX_OIDC_EMAIL_DOMAINS', '@example.org', 'such as example.org'],
  ])('names %s and the remedy when it is %s, without repeating the value', (name, value, remedy) => {
    const error = (() => {
      try {
        load({ [name]: value });
      } catch (thrown) {
        return thrown as ConfigError;
      }
      throw new Error('accepted');
    })();
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]).toMatch(new RegExp(`^${name}: give`));
    expect(error.problems[0]).toContain(remedy);
    expect(error.problems[0]).not.toContain(value);
  });

  it('reads a provider, whole or not at all', () => {
    const issuer = { SIGNALBOX_OIDC_ISSUER: 'https://login.example.org/realm', SIGNALBOX_PUBLIC_URL: 'https://signalbox.example.org/' };
    expect(() => load(issuer)).toThrow(/SIGNALBOX_OIDC_CLIENT_ID: give/);
    expect(() => load({ ...issuer, SIGNALBOX_OIDC_CLIENT_ID: 'sb', SIGNALBOX_OIDC_ROLE_CLAIM: 'groups' })).toThrow(/SIGNALBOX_OIDC_ROLE_MAP: give it too/);
    const { access } = load({ ...issuer, SIGNALBOX_OIDC_CLIENT_ID: 'sb', SIGNALBOX_OIDC_ROLE_CLAIM: 'groups', SIGNALBOX_OIDC_ROLE_MAP: 'sb-admins=admin+trace-reader, sb-ops=operator', SIGNALBOX_OIDC_EMAIL_DOMAINS: 'example.org' });
    expect(access).toMatchObject({
      publicUrl: 'https://signalbox.example.org',
      oidc: { issuer: issuer.SIGNALBOX_OIDC_ISSUER, clientSecret: null, roleMap: { 'sb-admins': ['admin', 'trace-reader'], 'sb-ops': ['operator'] }, emailDomains: ['example.org'] },
    });
  });

  it('reports every wrong variable at once', () => {
    expect(() => load({ SIGNALBOX_PORT: 'x', SIGNALBOX_CAPTURE: 'y' })).toThrow(/SIGNALBOX_PORT[^]*SIGNALBOX_CAPTURE/);
  });

  it('refuses an accelerator under the plan of many small runs', () => {
    expect(() => load({ SIGNALBOX_EXECUTION_PROVIDER: 'webgpu' })).toThrow(/SIGNALBOX_ENGINE_PLAN: give whole/);
    expect(load({ SIGNALBOX_EXECUTION_PROVIDER: 'webgpu', SIGNALBOX_ENGINE_PLAN: 'whole' }).engine.plan).toEqual({ kind: 'whole', provider: 'webgpu' });
  });

  it('warns of names that nothing reads', () => {
    expect(load({ SIGNALBOX_PROT: '1', SIGNALBOX_SOMETHING_ELSE_ALTOGETHER: '1', SIGNALBOX_URL: 'http://x' }).warnings).toEqual([
      'SIGNALBOX_PROT is not a setting of Signalbox and is ignored; did you mean SIGNALBOX_PORT?',
      'SIGNALBOX_SOMETHING_ELSE_ALTOGETHER is not a setting of Signalbox and is ignored.',
    ]);
  });

  it('reads what is kept less of some requests, and names a rule that it cannot read', () => {
    expect(load({ SIGNALBOX_CAPTURE: 'routes', SIGNALBOX_CAPTURE_SHARE: '0.05', SIGNALBOX_CAPTURE_RULES: 'dataClass=health:aggregate, model=chat:routes' }).capture).toMatchObject({
      mode: 'routes',
      share: 0.05,
      rules: [{ field: 'dataClass', value: 'health', level: 'aggregate' }, { field: 'model', value: 'chat', level: 'routes' }],
    });
    expect(() => load({ SIGNALBOX_CAPTURE_RULES: 'tenant=a:aggregate' })).toThrow(/SIGNALBOX_CAPTURE_RULES.*dataClass=health:aggregate/s);
    expect(() => load({ SIGNALBOX_CAPTURE_SHARE: '2' })).toThrow(/SIGNALBOX_CAPTURE_SHARE/);
  });
});
