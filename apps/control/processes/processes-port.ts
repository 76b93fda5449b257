import { type ObservedActivations } from '#libs/store/activation/observed-activations';

export const PROCESSES = Symbol('Processes');
export type ProcessesPort = Pick<ObservedActivations, 'list'>;
