import { join } from 'node:path';
import { type Provider, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { Removals } from '#libs/checkpoint/components/removals';
import { UploadArea } from '#libs/checkpoint/components/upload-area';
import { ComponentVersions } from '#libs/store/registry/component-versions';
import { Uploads } from '#libs/store/registry/uploads';
import { ReleaseSets } from '#libs/store/releases/release-sets';
import { Releases } from '#libs/store/releases/releases';
import { type ControlSettings } from '../settings.ts';
import { checkedUploads } from '../uploads/upload-check.ts';
import { UploadBodies } from '../uploads/upload-bodies.ts';
import { UploadDesk } from '../uploads/upload-desk.ts';
import { UPLOAD_FILES, UPLOADS } from '../uploads/upload-ports.ts';
import { UploadTargets } from '../uploads/upload-targets.ts';
import { UploadsController } from '../uploads/uploads.controller.ts';
import { storedUploads } from '../uploads/stored-uploads.ts';
import { ComponentDesk } from './component-desk.ts';
import { ComponentFiles } from './component-files.ts';
import { ComponentsController } from './components.controller.ts';
import { COMPONENT_FILES, COMPONENT_VERSIONS, COMPONENT_WRITER } from './registry-ports.ts';
import { REGISTRY_CHORES, type RegistryChores, RegistryUpkeep } from './registry-upkeep.ts';
import { StoredComponents } from './stored-components.ts';

export const registryControllers: Type[] = [ComponentsController, UploadsController];
export const registryProviders: Provider[] = [ComponentDesk, UploadDesk, UploadTargets, UploadBodies, RegistryUpkeep];

const UPLOAD_AREA = Symbol('UploadArea');
const REMOVALS = Symbol('Removals');

/** Ports over the store and the folder of components. */
export function storedRegistryPorts(home: string, components: Promise<ComponentStore>, settings: Pick<ControlSettings, 'now'>): Provider[] {
  const root = join(home, 'components');
  return [
    { provide: UPLOAD_AREA, useFactory: () => UploadArea.open(root) },
    { provide: REMOVALS, useFactory: () => Removals.open(root) },
    { provide: COMPONENT_VERSIONS, inject: [DataSource], useFactory: (dataSource: DataSource) => new ComponentVersions(dataSource) },
    { provide: COMPONENT_FILES, useFactory: async () => new ComponentFiles(await components) },
    {
      provide: COMPONENT_WRITER,
      inject: [DataSource, REMOVALS],
      useFactory: async (dataSource: DataSource, removals: Removals) => new StoredComponents(dataSource, { store: await components, removals }),
    },
    {
      provide: UPLOADS,
      inject: [DataSource, REMOVALS, UPLOAD_AREA],
      useFactory: async (dataSource: DataSource, removals: Removals, area: UploadArea) => storedUploads(dataSource, { store: await components, removals, area }),
    },
    { provide: UPLOAD_FILES, inject: [UPLOAD_AREA, Releases], useFactory: checkedUploads },
    {
      provide: REGISTRY_CHORES,
      inject: [DataSource, COMPONENT_WRITER, UPLOAD_AREA],
      useFactory: (dataSource: DataSource, versions: StoredComponents, area: UploadArea): RegistryChores => ({
        expireUploads: () => expireUploads(new Uploads(dataSource), area, settings.now()),
        sweepFiles: async () => void (await versions.sweep()),
        fillReleaseSets: async () => void (await new ReleaseSets(dataSource).fill()),
      }),
    },
  ];
}

async function expireUploads(uploads: Uploads, area: UploadArea, nowMs: number): Promise<void> {
  await uploads.expire(nowMs);
  const ids = await area.ids();
  const open = await uploads.open(ids);
  for (const id of ids) if (!open.has(id)) await area.discard(id);
}
