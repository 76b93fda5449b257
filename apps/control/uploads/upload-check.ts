import { ComponentFileError, readTensorTable, verifyComponentFile } from '#libs/checkpoint/components/component-file';
import { misfitOfModel } from '#libs/checkpoint/components/canonical-tensors';
import { type UploadArea } from '#libs/checkpoint/components/upload-area';
import { type Releases } from '#libs/store/releases/releases';
import { type UploadFilesPort } from './upload-ports.ts';

/** The files of an upload area, checked as components. */
export function checkedUploads(area: UploadArea, releases: Pick<Releases, 'find'>): UploadFilesPort {
  return {
    append: (...args) => area.append(...args),
    offsetOf: (id) => area.offsetOf(id),
    discard: (id) => area.discard(id),
    freeBytes: () => area.freeBytes(),
    verify: async ({ id, sha256, kind, component, releaseId }, computed) => {
      const path = area.pathOf(id);
      await verifyComponentFile(path, { sha256, kind, ...(computed === null ? {} : { computed }) });
      if (component === null || releaseId === null || kind === 'tokenizer') return;
      const release = await releases.find(releaseId);
      if (!release) return;
      const misfit = misfitOfModel(component, release.manifest, (await readTensorTable(path)).tensors);
      if (misfit) throw new ComponentFileError('wrong-tensors', misfit.tensor, `It does not fit ${component} of ${release.model}: ${misfit.message}`);
    },
  };
}
