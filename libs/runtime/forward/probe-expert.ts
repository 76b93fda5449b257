import { Tensor } from 'onnxruntime-node';
import { type ComponentWeights, ReleaseLoadError } from './component-weights.ts';
import { type Session } from './direct-session.ts';

/** Runs an expert over one row, and checks what comes out. @throws ReleaseLoadError */
export async function probeExpert(session: Pick<Session, 'inputMetadata' | 'run'>, component: ComponentWeights): Promise<void> {
  const input = session.inputMetadata.find(({ name }) => name === 'x');
  const width = input?.isTensor ? input.shape.at(-1) : undefined;
  if (typeof width !== 'number') throw new ReleaseLoadError(component.name, 'its graph has no input of a known width');
  const { y } = await session.run({ x: new Tensor('float32', new Float32Array(width).fill(1), [1, width]) });
  if (!(y!.data as Float32Array).every((value) => Number.isFinite(value))) {
    throw new ReleaseLoadError(component.name, 'it gives numbers that are not finite; check its weights');
  }
}
