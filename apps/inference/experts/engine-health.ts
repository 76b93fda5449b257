import { type Config } from '#libs/platform/config/config';
import { type WorkerEngineOptions } from '#libs/runtime/engine/engine-client';
import { DEFAULT_HEALTH_LIMITS } from '#libs/runtime/health/health-limits';
import { type InferenceOptions } from '../inference-options.ts';

/** How the engine looks after its experts, and what it logs of them. */
export function engineHealth({ experts }: Config, logger: InferenceOptions['logger']): Pick<WorkerEngineOptions, 'health' | 'faultFile' | 'onExpert' | 'onNotice'> {
  const { faultFile, ...limits } = experts;
  if (faultFile !== null) logger.warn({ faultFile }, 'SIGNALBOX_FAULT_FILE is set: what it says is injected into the experts of every release. Unset it outside of drills');
  return {
    health: { ...DEFAULT_HEALTH_LIMITS, ...limits },
    ...(faultFile === null ? {} : { faultFile }),
    onNotice: (message) => logger.warn(message),
    onExpert: (releaseId, { layer, expert, state, reason }) => {
      const facts = { releaseId, layer, expert, state, reason };
      if (state === 'closed') logger.info(facts, 'an expert serves again');
      else if (state === 'open') logger.warn(facts, 'an expert is out of service');
      else logger.info(facts, 'an expert recovers');
    },
  };
}
