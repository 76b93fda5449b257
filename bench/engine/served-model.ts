import { startSignalbox, type SignalboxUnderTest } from '../harness/signalbox.ts';
import { type Contest } from './without-http.ts';

const OURS_PORT = 7191;

/** The whole product, serving the model in the precision that is measured. */
export async function servedModel(
  { home, model, precision, threads }: Pick<Contest, 'home' | 'model' | 'precision' | 'threads'>,
  env: Readonly<Record<string, string>> = {},
): Promise<SignalboxUnderTest> {
  if (precision !== 'f32') throw new Error(`through HTTP only f32 is measured; leave http out of --parts with --precision ${precision}`);
  const ours = await startSignalbox('signalbox', OURS_PORT, home, { SIGNALBOX_ENGINE_THREADS: String(threads), SIGNALBOX_DEMO_MODEL: model.directory, ...env });
  return { ...ours, target: { ...ours.target, model: model.name } };
}
