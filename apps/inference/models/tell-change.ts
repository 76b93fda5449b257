import { type Logger } from '#libs/platform/logs/logger';
import { type ModelChange } from './served-models.ts';

/** Logs what happens to the served models. */
export function modelChangeTeller(logger: Logger): (change: ModelChange) => void {
  return (change) => {
    if (change.type === 'taken') {
      const { model, generation, stable, canary, shadow } = change;
      logger.info({ model, generation, releaseId: stable, canary, shadow }, `serving ${model}`);
    } else if (change.type === 'loaded') {
      const { model, releaseId, loadMs } = change;
      logger.info({ model, releaseId, loadMs: Math.round(loadMs) }, `loaded a release of ${model}`);
    } else if (change.type === 'load-failed') {
      const { model, releaseId, error } = change;
      logger.error({ model, releaseId, err: error }, `cannot load a release of ${model}; it will be tried again`);
    } else if (change.error === null) logger.info({ releaseId: change.releaseId }, 'a release was unloaded');
    else logger.error({ releaseId: change.releaseId, err: change.error }, 'a release could not be unloaded');
  };
}
