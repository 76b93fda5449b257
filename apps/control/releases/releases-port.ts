import { type Activations } from '#libs/store/releases/activations';
import { type Releases } from '#libs/store/releases/releases';

export const RELEASES = Symbol('Releases');
export const ACTIVATIONS = Symbol('Activations');

export type ReleasesPort = Pick<Releases, 'find' | 'list' | 'activation' | 'activations'>;
export type ActivationsPort = Pick<Activations, 'set'>;
