import { type Releases } from '#libs/store/releases/releases';

export const RELEASES = Symbol('Releases');

export type ReleasesPort = Pick<Releases, 'find' | 'list' | 'page' | 'activation' | 'activations'>;
