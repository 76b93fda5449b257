import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { accessControllers, accessProviders } from './accounts/access.ts';
import { alertControllers, alertProviders } from './alerts/alert-parts.ts';
import { AuditController } from './audit/audit.controller.ts';
import { AuditExportController } from './audit/audit-export.controller.ts';
import { changeControllers, changeProviders } from './changes/change-parts.ts';
import { ConsoleFiles } from './console/console-files.ts';
import { dataRulesControllers, dataRulesProviders } from './data-rules/data-rules-parts.ts';
import { feedbackControllers, feedbackProviders } from './feedback/feedback-parts.ts';
import { deriveControllers, deriveProviders } from './derive/derive-parts.ts';
import { detectionControllers, detectionProviders } from './detection/detection-parts.ts';
import { houseControllers, houseProviders } from './house/house-parts.ts';
import { evaluationControllers, evaluationProviders } from './evaluation/evaluation-parts.ts';
import { eventControllers, eventProviders } from './events/event-parts.ts';
import { ProblemFilter } from './http/problem-filter.ts';
import { ImportDesk } from './imports/import-desk.ts';
import { ImportRunner } from './imports/import-runner.ts';
import { ImportsController } from './imports/imports.controller.ts';
import { activationControllers, activationProviders } from './models/activation-parts.ts';
import { OpenApiController } from './openapi/openapi.controller.ts';
import { answerCheckControllers, answerCheckProviders } from './answers/answer-check-parts.ts';
import { privateUsageControllers, privateUsageProviders } from './private-usage/private-usage-parts.ts';
import { overviewControllers, overviewProviders } from './overview/overview-parts.ts';
import { protectionControllers, protectionGuard, protectionProviders } from './protection/protection-parts.ts';
import { quarantineControllers, quarantineProviders } from './quarantine/quarantine-parts.ts';
import { registryControllers, registryProviders } from './registry/registry-parts.ts';
import { releaseProviders } from './releases/release-parts.ts';
import { ReleasesController } from './releases/releases.controller.ts';
import { rolloutControllers, rolloutProviders } from './rollouts/rollout-parts.ts';
import { routingControllers, routingProviders } from './routing/routing-parts.ts';
import { receiverControllers, receiverProviders } from './receivers/receiver-parts.ts';
import { signatureControllers, signatureProviders } from './signatures/signature-parts.ts';
import { planControllers, planProviders } from './plan/plan-parts.ts';
import { TraceReports } from './traces/trace-reports.ts';
import { TracesController } from './traces/traces.controller.ts';

/** The management API over given ports; see storedControlPorts for those that stand on the store. */
@Module({})
export class ControlModule {
  static over(ports: readonly Provider[]): DynamicModule {
    return {
      module: ControlModule,
      controllers: [
        ...routingControllers,
        TracesController,
        ...planControllers,
        ImportsController,
        ReleasesController,
        ...registryControllers,
        ...activationControllers,
        ...rolloutControllers,
        ...feedbackControllers,
        ...dataRulesControllers,
        ...quarantineControllers,
        ...protectionControllers,
        ...deriveControllers,
        ...changeControllers,
        ...evaluationControllers,
        ...accessControllers,
        ...houseControllers,
        ...signatureControllers,
        ...detectionControllers,
        ...receiverControllers,
        ...alertControllers,
        ...eventControllers,
        ...overviewControllers,
        ...answerCheckControllers,
        ...privateUsageControllers,
        AuditController,
        AuditExportController,
        OpenApiController,
      ],
      // Global, because a body that is no JSON fails before any route of ours is chosen.
      providers: [...ports, { provide: APP_FILTER, useClass: ProblemFilter }, ConsoleFiles, ...accessProviders, ...houseProviders, ...routingProviders, TraceReports, ...planProviders, ImportRunner, ImportDesk, ...deriveProviders, ...activationProviders, ...registryProviders, ...releaseProviders, ...signatureProviders, ...detectionProviders, ...rolloutProviders, ...feedbackProviders, ...receiverProviders, ...dataRulesProviders, ...quarantineProviders, ...protectionGuard, ...protectionProviders, ...changeProviders, ...evaluationProviders, ...alertProviders, ...eventProviders, ...overviewProviders, ...answerCheckProviders, ...privateUsageProviders],
      exports: [ImportRunner],
    };
  }
}
