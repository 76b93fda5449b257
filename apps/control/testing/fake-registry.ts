import { type Provider } from '@nestjs/common';
import { COMPONENT_FILES, type ComponentFilesPort, COMPONENT_VERSIONS, type ComponentVersionsPort, COMPONENT_WRITER, type ComponentWriterPort } from '../registry/registry-ports.ts';
import { REGISTRY_CHORES, type RegistryChores } from '../registry/registry-upkeep.ts';
import { COMPATIBILITY, type CompatibilityPort, RELEASE_SETS, type ReleaseSetsPort, RELEASE_USES, type ReleaseUsesPort, RELEASE_WRITER, type ReleaseWriterPort } from '../releases/release-ports.ts';
import { UPLOAD_FILES, type UploadFilesPort, UPLOADS, type UploadsPort } from '../uploads/upload-ports.ts';

/** A registry that holds nothing; test/registry tests the real one. */
export function fakeRegistryPorts(): Provider[] {
  const versions: ComponentVersionsPort = { search: async () => [], find: async () => null, holders: async () => [], children: async () => [], ancestors: async () => [], known: async () => new Map() };
  const writer: ComponentWriterPort = { writeCard: async () => 'written', remove: async () => ({ removed: false, reason: 'missing' }) };
  const files: ComponentFilesPort = { has: async () => false, tensors: async () => new Map(), weightBytes: async () => 0, compare: async () => [] };
  const uploads: UploadsPort = { find: async () => null, list: async () => [], prolong: async () => undefined, open: async () => 'too-many', end: async () => false, publish: async () => 'ended' };
  const uploadFiles: UploadFilesPort = { append: async () => ({ outcome: 'wrong-offset', offsetBytes: 0 }), offsetOf: async () => 0, discard: async () => undefined, freeBytes: async () => Number.MAX_SAFE_INTEGER, verify: async () => undefined };
  const sets: ReleaseSetsPort = { list: async () => [], served: async () => [], active: async () => [], hold: async () => ({ router: false, expert: false }) };
  const compatibility: CompatibilityPort = { list: async () => [], ofPair: async () => [] };
  const releases: ReleaseWriterPort = { compose: async () => ({ outcome: 'saved' }), remove: async () => ({ outcome: 'missing' }), record: async () => undefined };
  const uses: ReleaseUsesPort = async () => null;
  const chores: RegistryChores = { expireUploads: async () => undefined, sweepFiles: async () => undefined, fillReleaseSets: async () => undefined };
  return [
    { provide: COMPONENT_VERSIONS, useValue: versions },
    { provide: COMPONENT_WRITER, useValue: writer },
    { provide: COMPONENT_FILES, useValue: files },
    { provide: UPLOADS, useValue: uploads },
    { provide: UPLOAD_FILES, useValue: uploadFiles },
    { provide: RELEASE_SETS, useValue: sets },
    { provide: COMPATIBILITY, useValue: compatibility },
    { provide: RELEASE_USES, useValue: uses },
    { provide: RELEASE_WRITER, useValue: releases },
    { provide: REGISTRY_CHORES, useValue: chores },
  ];
}
