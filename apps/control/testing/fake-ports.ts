import { type Provider } from '@nestjs/common';
import { NOISE_KEY, PRIVACY_BUDGET, type PrivacyBudgetPort } from '../private-usage/private-usage-ports.ts';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { type Scope } from '#libs/platform/auth/scopes';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type ImportJob } from '#libs/store/imports/import-job';
import { type ApiKeyRecord } from '#libs/store/keys/api-keys';
import { type Activation, type StoredRelease } from '#libs/store/releases/releases';
import { type StoredTraceWithBytes } from '#libs/store/traces/trace-reader';
import { type UsageMatrix, type UsageQuery } from '#libs/store/usage/usage-query';
import { type RoutingTrace } from '#libs/trace/trace';
import { encodeTrace } from '#libs/trace/codec';
import { accumulateUsage, emptyUsage } from '#libs/trace/usage';
import { fakeAudit } from './fake-audit.ts';
import { RELEASE_DERIVER, type ReleaseDeriver } from '../derive/derive-ports.ts';
import { TENANTS } from '../house/house-ports.ts';
import { CHECKPOINT_IMPORTER, IMPORT_JOBS, type CheckpointImporter, type ImportJobsPort } from '../imports/import-ports.ts';
import { ACTIVATION_HISTORY, ACTIVATIONS, GOVERNANCE_MODE } from '../models/activation-ports.ts';
import { PROCESSES } from '../processes/processes-port.ts';
import { fakeProtection } from './fake-protection.ts';
import { QUARANTINE_HOLDS, QUARANTINES } from '../quarantine/quarantine-ports.ts';
import { RECALLS, TOUCHED_REQUESTS } from '../recall/recall-port.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { storedCatalog } from '../routing/stored-catalog.ts';
import { EXPERT_FIGURES, RELEASE_CATALOG, USAGE_READER } from '../routing/usage-reader.ts';
import { CONTROL_SETTINGS } from '../settings.ts';
import { fakeChanges } from './fake-changes.ts';
import { fakeRollouts } from './fake-rollouts.ts';
import { TOKEN_TEXTS, TRACE_OPENER, TRACE_VAULT } from '../traces/trace-vault.ts';
import { FakeActivations } from './fake-activations.ts';
import { DATA_RULES } from '../data-rules/data-rules-port.ts';
import { FakeDataRules } from './fake-data-rules.ts';
import { fakeRegistryPorts } from './fake-registry.ts';
import { fakeSignaturePorts } from './fake-signatures.ts';
import { fakeAlertPorts } from './fake-alerts.ts';
import { fakeDetectionPorts } from './fake-detection.ts';
import { fakeEvaluationPorts } from './fake-evaluations.ts';
import { ANSWER_CHECK_READER } from '../answers/answer-check-desk.ts';
import { fakeOverviewPorts } from './fake-overview.ts';
import { fakeReceiverPorts } from './fake-receivers.ts';
import { FakeAccess } from './fake-access.ts';

export const NOW_MS = Date.parse('2026-06-01T12:00:30Z');
export const RELEASE = 'a'.repeat(64);

interface Recorded extends StoredTraceWithBytes {
  readonly trace: RoutingTrace;
}

/** A store in memory, with just enough behaviour to test the API over it. */
export class FakeHouse {
  readonly audit: (AuditEntry & { id: string })[] = [];
  readonly access = new FakeAccess((entry) => this.#append(entry));
  readonly keys: ApiKeyRecord[] = this.access.keys;
  readonly releases: StoredRelease[] = [];
  readonly activations = new FakeActivations(this.releases, (entry) => this.#append(entry));
  readonly dataRules = new FakeDataRules(this.releases, (entry) => this.#append(entry));
  readonly recorded: Recorded[] = [];
  readonly jobs = new Map<string, ImportJob>();
  importer: CheckpointImporter = { run: async () => ({ releaseId: RELEASE, summary: 'expert release', warnings: [] }) };
  failAudit = false;
  /** Models that change only by approved requests. */
  readonly requiredModels = new Set<string>();

  addKey(name: string, scopes: readonly Scope[]): string {
    const secret = generateApiKey();
    const id = crypto.randomUUID();
    this.keys.push({ id, name, scopes, createdAtMs: NOW_MS, expiresAtMs: null, revokedAtMs: null, lastUsedAtMs: null, accountId: null, issuedBy: null, tenant: null, requestsPerMinute: null, ...digestApiKey(secret) });
    return secret;
  }

  addRelease(releaseId: string, model: string, layers: number, experts: number): void {
    const manifest = {
      format: 'signalbox.release/1',
      model,
      architecture: 'mixtral',
      shape: { layers, experts },
      routing: { gating: 'softmax-topk', topK: 2, normalise: true },
      components: { backbone: 'b'.repeat(64), 'expert/0/1': 'c'.repeat(64) },
    } as unknown as ReleaseManifest;
    this.releases.push({ releaseId, model, manifest, importedFrom: '/models', createdAtMs: NOW_MS, origin: null });
    const { states } = this.activations;
    if (!states.has(model)) states.set(model, { model, stable: releaseId, previous: null, canary: null, shadow: null, generation: 1, updatedAtMs: NOW_MS });
  }

  /** Records a request whose every token took the given experts in each layer. */
  record(requestId: string, task: string, expertPairs: readonly (readonly [number, number])[], rows: number): void {
    const layers = expertPairs.length;
    const ids = Array.from({ length: rows }, () => expertPairs.flat()).flat();
    const trace: RoutingTrace = {
      layers, experts: 4, topK: 2, promptRows: rows - 1, choiceRows: [1], tokenIds: Uint32Array.from({ length: rows }, (_, row) => row),
      expertIds: Uint16Array.from(ids), gates: Float32Array.from(ids.map((_, at) => (at % 2 === 0 ? 0.8 : 0.2))), flagged: [],
    };
    const sealedTrace = encodeTrace(trace);
    this.recorded.push({
      requestId, atMs: NOW_MS - this.recorded.length * 1000, model: 'toy', releaseId: RELEASE, segment: { tenant: 't', task, language: 'en' }, status: 'answered',
      promptTokens: rows - 1, completionTokens: 2, queueWaitMs: 1, timeToFirstTokenMs: 2, durationMs: 3, routedTokens: rows, flags: [], sizeBytes: sealedTrace.length, sealedTrace, trace,
    });
  }

  providers(minRequests: number): Provider[] {
    const releases = this.#releases();
    return [
      { provide: CONTROL_SETTINGS, useValue: { minRequests, retentionDays: 7, version: '9.9.9', now: () => NOW_MS } },
      ...this.access.providers(),
      { provide: TENANTS, useValue: { list: async () => [] } },
      { provide: USAGE_READER, useValue: { usageMatrix: async (query: UsageQuery) => this.#usage(query) } },
      { provide: RELEASE_CATALOG, useValue: storedCatalog(releases) },
      { provide: RELEASES, useValue: releases },
      { provide: EXPERT_FIGURES, useValue: { read: async () => [{ layer: 0, expert: 1, tokens: 5, runs: 0, sketches: [] }] } },
      { provide: TRACE_VAULT, useValue: { list: async (query: { limit: number; after?: { requestId: string } }) => this.#list(query), count: async () => this.recorded.length, find: async (id: string) => this.recorded.find((one) => one.requestId === id) ?? null, look: async (id: string, entry: AuditEntry) => this.#look(id, entry), lookAtNewest: async () => [] } },
      { provide: TRACE_OPENER, useValue: { open: (_: string, sealed: Uint8Array) => sealed } },
      { provide: TOKEN_TEXTS, useValue: { texts: async (_: string, ids: readonly number[]) => ids.map((id) => `<${id}>`) } },
      ...fakeAudit(this.audit),
      ...fakeSignaturePorts((entry) => this.#append(entry)),
      ...fakeRollouts(),
      ...fakeRegistryPorts(),
      { provide: ACTIVATIONS, useValue: this.activations },
      { provide: ACTIVATION_HISTORY, useValue: this.activations.history },
      { provide: DATA_RULES, useValue: this.dataRules },
      ...fakeChanges(NOW_MS),
      ...fakeAlertPorts(),
      ...fakeDetectionPorts,
      ...fakeReceiverPorts(),
      ...fakeOverviewPorts,
      ...fakeEvaluationPorts,
      { provide: ANSWER_CHECK_READER, useValue: { read: async () => [] } },
      { provide: PRIVACY_BUDGET, useValue: { spend: async () => ({ outcome: 'spent' }) } satisfies PrivacyBudgetPort },
      { provide: NOISE_KEY, useValue: new Uint8Array(32) },
      { provide: RECALLS, useValue: {} },
      { provide: QUARANTINES, useValue: { due: async () => [] } },
      { provide: QUARANTINE_HOLDS, useValue: {} },
      ...fakeProtection,
      { provide: TOUCHED_REQUESTS, useValue: {} },
      { provide: PROCESSES, useValue: { list: async () => this.activations.processes } },
      { provide: GOVERNANCE_MODE, useValue: { modeOf: async (model: string) => (this.requiredModels.has(model) ? 'required' : 'open') } },
      { provide: IMPORT_JOBS, useValue: this.#jobs() },
      { provide: RELEASE_DERIVER, useValue: { run: async () => ({ releaseId: RELEASE, summary: 'expert release', warnings: [] }) } satisfies ReleaseDeriver },
      { provide: CHECKPOINT_IMPORTER, useValue: { run: (...order: Parameters<CheckpointImporter['run']>) => this.importer.run(...order) } satisfies CheckpointImporter },
    ];
  }

  #append(entry: AuditEntry): void {
    if (this.failAudit) throw new Error('the audit log is away');
    this.audit.push({ ...entry, id: String(this.audit.length + 1) });
  }

  #usage({ of, layer, segment, groupBy }: UsageQuery): UsageMatrix {
    const [dimension] = groupBy?.segment ?? [];
    const groups = new Map<string, Recorded[]>();
    for (const one of this.recorded) {
      if (!('releaseIds' in of) || !of.releaseIds.includes(one.releaseId)) continue;
      if (segment?.task !== undefined && segment.task !== one.segment.task) continue;
      const key = dimension ? one.segment[dimension] : '';
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    return {
      range: { fromMs: 0, toMs: NOW_MS },
      groups: [...groups].map(([key, own]) => {
        const usage = emptyUsage(own[0]!.trace.layers, 4);
        for (const { trace } of own) accumulateUsage(usage, trace);
        const layers = usage.map((one, index) => ({ ...one, layer: index })).filter((one) => layer === null || layer === undefined || one.layer === layer);
        return { releaseId: groupBy?.release ? RELEASE : null, segment: dimension ? { [dimension]: key } : {}, bucketMs: groupBy?.time ? NOW_MS : null, layers };
      }),
    };
  }

  #list({ limit, after }: { limit: number; after?: { requestId: string } }): unknown {
    const start = after ? this.recorded.findIndex(({ requestId }) => requestId === after.requestId) + 1 : 0;
    const traces = this.recorded.slice(start, start + limit);
    const last = traces.at(-1);
    return { traces, next: start + limit < this.recorded.length && last ? { atMs: last.atMs, durationMs: last.durationMs, requestId: last.requestId } : null };
  }

  #look(requestId: string, entry: AuditEntry): StoredTraceWithBytes | null {
    this.#append(entry);
    return this.recorded.find((one) => one.requestId === requestId) ?? null;
  }

  #releases(): ReleasesPort & { componentSizes: () => Promise<Record<string, number>> } {
    return {
      find: async (id) => this.releases.find(({ releaseId }) => releaseId === id) ?? null,
      list: async (limit, model) => this.releases.filter((one) => (model ?? one.model) === one.model).slice(0, limit),
      page: async ({ model, after, limit }) => this.releases.filter((one) => (model ?? one.model) === one.model && (after === null || one.releaseId > after.releaseId)).slice(0, limit),
      activation: async (model) => (await this.#pointers()).find((one) => one.model === model) ?? null,
      activations: () => this.#pointers(),
      componentSizes: async () => ({ 'expert/0/1': 77 }),
    };
  }

  async #pointers(): Promise<readonly Activation[]> {
    return (await this.activations.list()).map(({ model, stable, previous, generation, updatedAtMs }) => ({ model, stableRelease: stable, previousRelease: previous, generation, updatedAtMs }));
  }

  #jobs(): ImportJobsPort {
    const change = async (id: string, fields: Partial<ImportJob>): Promise<void> => {
      const job = this.jobs.get(id);
      if (job && job.finishedAtMs === null) this.jobs.set(id, { ...job, ...fields });
    };
    return {
      create: async (job, entry) => {
        this.jobs.set(job.id, { derivation: null, ...job, status: 'queued', progress: null, error: null, releaseId: null, summary: null, warnings: [], finishedAtMs: null });
        this.#append(entry);
      },
      progress: (id, progress) => change(id, { status: 'running', progress }),
      succeed: (id, outcome, atMs) => change(id, { status: 'succeeded', ...outcome, finishedAtMs: atMs }),
      fail: (id, error, atMs) => change(id, { status: 'failed', error, finishedAtMs: atMs }),
      find: async (id) => this.jobs.get(id) ?? null,
      list: async (limit) => [...this.jobs.values()].slice(0, limit),
      othersRun: async () => false,
      cancel: async (id, error, atMs, entry) => {
        await change(id, { status: 'failed', error, finishedAtMs: atMs });
        this.#append(entry);
      },
    };
  }
}
