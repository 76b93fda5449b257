import { Operator } from '../activation/operator.ts';
import { startSignalbox, type SignalboxUnderTest } from '../harness/signalbox.ts';
import { type Contest } from './without-http.ts';

const OURS_PORT = 7191;

/** The whole product, serving the model in the precision that is measured. */
export async function servedModel(
  { home, model, precision, threads }: Pick<Contest, 'home' | 'model' | 'precision' | 'threads'>,
  env: Readonly<Record<string, string>> = {},
): Promise<SignalboxUnderTest> {
  const ours = await startSignalbox('signalbox', OURS_PORT, home, { SIGNALBOX_ENGINE_THREADS: String(threads), SIGNALBOX_DEMO_MODEL: model.directory, ...env });
  if (precision !== 'f32') {
    const operator = new Operator(ours.url, ours.key, model.name);
    const { releaseId } = await operator.converged(1);
    await operator.command({ type: 'activate', release: await operator.quantise(releaseId, precision) });
    await operator.converged(1);
  }
  return { ...ours, target: { ...ours.target, model: model.name } };
}
