import { type DynamicModule, Module } from '@nestjs/common';
import { ANSWER_STATEMENT_MS } from '#libs/store/data-source';
import { StoreModule } from '#libs/store/store.module';
import { auditOptions } from '../control/audit/stored-audit.ts';
import { ControlModule } from '../control/control.module.ts';
import { houseSettings } from '../control/house/house-settings.ts';
import { receiverOptions } from '../control/receivers/receiver-parts.ts';
import { storedControlPorts } from '../control/stored-ports.ts';
import { InferenceModule } from '../inference/inference.module.ts';
import { type HttpOptions } from './http-options.ts';

/** All roles that answer HTTP, over one store. */
@Module({})
export class StandaloneModule {
  static over(options: HttpOptions): DynamicModule {
    const { config, version, databaseUrl, traceKey, now } = options;
    const settings = { access: config.access, house: houseSettings(config), minRequests: config.privacy.minRequests, retentionDays: config.capture.retentionDays, rolloutIntervalMs: config.rollouts.intervalMs, version, now };
    return {
      module: StandaloneModule,
      imports: [
        StoreModule.forRoot({ url: databaseUrl, applicationName: 'signalbox standalone', statementTimeoutMs: ANSWER_STATEMENT_MS }),
        InferenceModule.forRoot(options),
        ControlModule.over(storedControlPorts({ settings, home: config.home, traceKey, olderTraceKeys: config.capture.olderTraceKeys, receivers: receiverOptions(config), audit: auditOptions(config) })),
      ],
    };
  }
}
