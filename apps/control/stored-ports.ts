import { join } from 'node:path';
import { type FactoryProvider, type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { type KeyStore } from '#libs/platform/auth/authenticate';
import { cachedKeyStore } from '#libs/platform/auth/cached-key-store';
import { TraceSealer } from '#libs/record/seal';
import { AuditLog } from '#libs/store/audit/audit-log';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { ImportJobs } from '#libs/store/imports/import-jobs';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { Activations } from '#libs/store/releases/activations';
import { Releases } from '#libs/store/releases/releases';
import { TraceReader } from '#libs/store/traces/trace-reader';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { AUDIT_LOG } from './audit/audit.controller.ts';
import { KEY_STORE } from './http/key-guard.ts';
import { checkpointImporter } from './imports/checkpoint-importer.ts';
import { CHECKPOINT_IMPORTER, IMPORT_JOBS } from './imports/import-ports.ts';
import { storedImportJobs } from './imports/stored-import-jobs.ts';
import { API_KEYS } from './keys/key-desk.ts';
import { ACTIVATIONS, RELEASES } from './releases/releases-port.ts';
import { storedCatalog } from './routing/stored-catalog.ts';
import { EXPERT_FIGURES, RELEASE_CATALOG, USAGE_READER } from './routing/usage-reader.ts';
import { CONTROL_SETTINGS, type ControlSettings } from './settings.ts';
import { storedTokenTexts } from './traces/stored-token-texts.ts';
import { TOKEN_TEXTS, TRACE_OPENER, TRACE_VAULT } from './traces/trace-vault.ts';

export interface StoredPortsOptions {
  readonly settings: ControlSettings;
  /** SIGNALBOX_HOME. */
  readonly home: string;
  /** Key that seals traces, 32 bytes. */
  readonly traceKey: Uint8Array;
}

const KEY_CACHE = { ttlMs: 5_000, maxEntries: 10_000 } as const;

/** Ports over the store: StoreModule must be there, as it is global. */
export function storedControlPorts({ settings, home, traceKey }: StoredPortsOptions): Provider[] {
  const components = ComponentStore.open(join(home, 'components'));
  const from = <D extends readonly unknown[]>(provide: symbol, inject: FactoryProvider['inject'], useFactory: (...parts: D) => unknown): Provider => ({
    provide,
    inject: inject ?? [],
    useFactory: (...parts: unknown[]) => useFactory(...(parts as unknown as D)),
  });
  return [
    { provide: CONTROL_SETTINGS, useValue: settings },
    { provide: TRACE_OPENER, useFactory: () => new TraceSealer({ current: traceKey }) },
    { provide: USAGE_READER, useExisting: UsageReader },
    { provide: EXPERT_FIGURES, useExisting: ExpertFigures },
    { provide: RELEASES, useExisting: Releases },
    { provide: API_KEYS, useExisting: ApiKeys },
    { provide: AUDIT_LOG, useExisting: AuditLog },
    { provide: TRACE_VAULT, useExisting: TraceReader },
    from(KEY_STORE, [ApiKeys], (keys: KeyStore) => cachedKeyStore(keys, { ...KEY_CACHE, now: settings.now })),
    from(RELEASE_CATALOG, [Releases], storedCatalog),
    from(ACTIVATIONS, [DataSource], (dataSource: DataSource) => new Activations(dataSource)),
    from(IMPORT_JOBS, [DataSource, ImportJobs], storedImportJobs),
    from(TOKEN_TEXTS, [Releases], async (releases: Releases) => {
      const store = await components;
      return storedTokenTexts(releases, (sha256) => store.pathOf(sha256));
    }),
    from(CHECKPOINT_IMPORTER, [DataSource, Releases], async (dataSource: DataSource, releases: Releases) =>
      checkpointImporter({
        components: await components,
        journalDirectory: join(home, 'imports'),
        releases,
        activations: new Activations(dataSource),
        now: settings.now,
      }),
    ),
  ];
}
