import { misfitOfModel } from '#libs/checkpoint/components/canonical-tensors';
import { type Replacement } from '#libs/governance/change/change-payload';
import { type ReleaseManifest } from '#libs/release/manifest';
import { componentFileMissing } from '../registry/component-problems.ts';
import { type ComponentFilesPort } from '../registry/registry-ports.ts';
import { tensorsDoNotFit } from '../releases/release-problems.ts';

/** @throws ProblemError naming the component whose new version has not the tensors of the model's shape, or no file */
export async function requireFitting(files: Pick<ComponentFilesPort, 'tensors'>, manifest: ReleaseManifest, replace: readonly Replacement[]): Promise<void> {
  for (const { component, sha256 } of replace) {
    const tensors = await files.tensors(sha256).catch(() => {
      throw componentFileMissing(sha256);
    });
    const misfit = misfitOfModel(component, manifest, tensors);
    if (misfit) throw tensorsDoNotFit(component, misfit.message);
  }
}
