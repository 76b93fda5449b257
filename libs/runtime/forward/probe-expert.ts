import { Tensor } from 'onnxruntime-node';
import { type ComponentWeights, ReleaseLoadError } from './component-weights.ts';
import { cannedRow, type ExpertSample } from './expert-probe.ts';
import { isFinite32 } from './finite.ts';
import { type Session } from './direct-session.ts';

/** Runs an expert over one row, checks what comes out and gives it. @throws ReleaseLoadError */
export async function probeExpert(session: Pick<Session, 'inputMetadata' | 'run'>, component: ComponentWeights): Promise<ExpertSample> {
  const x = session.inputMetadata.find(({ name }) => name === 'x');
  const width = x?.isTensor ? x.shape.at(-1) : undefined;
  if (typeof width !== 'number') throw new ReleaseLoadError(component.name, 'its graph has no input of a known width');
  const input = cannedRow(width);
  const { y } = await session.run({ x: new Tensor('float32', input, [1, width]) });
  const output = (y!.data as Float32Array).slice();
  if (!isFinite32(output)) throw new ReleaseLoadError(component.name, 'it gives numbers that are not finite; check its weights');
  return { input, output };
}
