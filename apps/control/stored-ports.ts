import { join } from 'node:path';
import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { TraceSealer } from '#libs/record/seal';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { ImportJobs } from '#libs/store/imports/import-jobs';
import { Releases } from '#libs/store/releases/releases';
import { TraceReader } from '#libs/store/traces/trace-reader';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { storedAccessPorts } from './accounts/stored-access-ports.ts';
import { storedAlertPorts } from './alerts/alert-parts.ts';
import { storedAuditPorts, type StoredAuditOptions } from './audit/stored-audit.ts';
import { storedChangePorts } from './changes/change-parts.ts';
import { storedDataRulesPorts } from './data-rules/data-rules-parts.ts';
import { storedDerivePorts } from './derive/derive-parts.ts';
import { storedEvaluationPorts } from './evaluation/evaluation-parts.ts';
import { storedEventPorts } from './events/event-parts.ts';
import { storedFeedbackPorts } from './feedback/feedback-parts.ts';
import { storedDetectionPorts } from './detection/detection-ports.ts';
import { storedHousePorts } from './house/house-ports.ts';
import { CHECKPOINT_IMPORTER, IMPORT_JOBS } from './imports/import-ports.ts';
import { storedImportJobs } from './imports/stored-import-jobs.ts';
import { storedImporter } from './imports/stored-importer.ts';
import { storedActivationPorts } from './models/activation-parts.ts';
import { storedAnswerCheckPorts } from './answers/answer-check-parts.ts';
import { storedOverviewPorts } from './overview/overview-parts.ts';
import { storedPrivateUsagePorts } from './private-usage/private-usage-parts.ts';
import { storedProtectionPorts } from './protection/protection-parts.ts';
import { storedQuarantinePorts } from './quarantine/quarantine-parts.ts';
import { KEPT_AT_HOME, type ReceiverPortOptions, storedReceiverPorts } from './receivers/receiver-parts.ts';
import { storedRegistryPorts } from './registry/registry-parts.ts';
import { storedReleasePorts } from './releases/release-parts.ts';
import { RELEASES } from './releases/releases-port.ts';
import { storedRolloutPorts } from './rollouts/rollout-parts.ts';
import { storedCatalog } from './routing/stored-catalog.ts';
import { EXPERT_FIGURES, RELEASE_CATALOG, USAGE_READER } from './routing/usage-reader.ts';
import { CONTROL_SETTINGS, type ControlSettings } from './settings.ts';
import { storedSignaturePorts } from './signatures/signature-ports.ts';
import { storedTokenTexts } from './traces/stored-token-texts.ts';
import { TOKEN_TEXTS, TRACE_OPENER, TRACE_VAULT } from './traces/trace-vault.ts';

export interface StoredPortsOptions {
  readonly settings: ControlSettings;
  /** SIGNALBOX_HOME. */
  readonly home: string;
  /** Key that seals traces, 32 bytes. */
  readonly traceKey: Uint8Array;
  /** Keys that sealed traces before it. */
  readonly olderTraceKeys?: readonly Uint8Array[];
  /** How receivers are reached and their secrets sealed; left out: by the key kept in the home, at public addresses only. */
  readonly receivers?: ReceiverPortOptions;
  /** The key that signs checkpoints of the audit log, and how often it does. */
  readonly audit: Pick<StoredAuditOptions, 'seed' | 'everyEntries' | 'everyMs'>;
}

/** Ports over the store: StoreModule must be there, as it is global. */
export function storedControlPorts({ settings, home, traceKey, olderTraceKeys = [], receivers = KEPT_AT_HOME, audit }: StoredPortsOptions): Provider[] {
  const components = ComponentStore.open(join(home, 'components'));
  return [
    { provide: CONTROL_SETTINGS, useValue: settings },
    { provide: TRACE_OPENER, useFactory: () => new TraceSealer({ current: traceKey, older: olderTraceKeys }) },
    { provide: USAGE_READER, useExisting: UsageReader },
    { provide: EXPERT_FIGURES, useExisting: ExpertFigures },
    { provide: RELEASES, useExisting: Releases },
    ...storedAccessPorts,
    ...storedHousePorts,
    ...storedAlertPorts,
    ...storedAuditPorts({ ...audit, home, now: settings.now }),
    { provide: TRACE_VAULT, useExisting: TraceReader },
    { provide: RELEASE_CATALOG, inject: [Releases], useFactory: storedCatalog },
    ...storedActivationPorts,
    ...storedChangePorts(settings),
    ...storedEvaluationPorts,
    ...storedRegistryPorts(home, components, settings),
    ...storedReleasePorts,
    ...storedDerivePorts(home, components, settings),
    ...storedReceiverPorts(home, receivers),
    ...storedSignaturePorts,
    ...storedDetectionPorts,
    ...storedRolloutPorts,
    ...storedFeedbackPorts,
    ...storedDataRulesPorts,
    ...storedQuarantinePorts,
    ...storedProtectionPorts,
    ...storedEventPorts,
    ...storedOverviewPorts,
    ...storedAnswerCheckPorts,
    ...storedPrivateUsagePorts(traceKey),
    { provide: IMPORT_JOBS, inject: [DataSource, ImportJobs], useFactory: storedImportJobs },
    {
      provide: TOKEN_TEXTS,
      inject: [Releases],
      useFactory: async (releases: Releases) => {
        const store = await components;
        return storedTokenTexts(releases, (sha256) => store.pathOf(sha256));
      },
    },
    {
      provide: CHECKPOINT_IMPORTER,
      inject: [DataSource],
      useFactory: async (dataSource: DataSource) => storedImporter(dataSource, { components: await components, home, now: settings.now }),
    },
  ];
}
