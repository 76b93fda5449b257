import { type OidcSettings } from '#libs/governance/access/sign-in';
import { type HouseSettings } from './house/house-settings.ts';

export const CONTROL_SETTINGS = Symbol('ControlSettings');
export const DEFAULT_ROLLOUT_INTERVAL_MS = 2000;

/** What the management API needs of the configuration. */
export interface ControlSettings {
  /** Aggregates over fewer requests than this are withheld. */
  readonly minRequests: number;
  /** Days for which traces are kept. */
  readonly retentionDays: number;
  /** Version of Signalbox, for the API's description. */
  readonly version: string;
  /** Clock, epoch milliseconds. */
  readonly now: () => number;
  /** Time between two looks at the rollouts under way; 2 s when left out. */
  readonly rolloutIntervalMs?: number;
  /** Left out: nobody signs in but by a key, cookies go by how the request came, and limits are the defaults. */
  readonly access?: AccessSettings;
  /** What is only shown; left out where it is not known. */
  readonly house?: HouseSettings;
}

export interface AccessSettings {
  /** URL by which people reach this server, without a path; null: as the request says. */
  readonly publicUrl: string | null;
  /** null: nobody signs in by OpenID Connect. */
  readonly oidc: OidcSettings | null;
  /** Requests of an account. */
  readonly apiRequestsPerMinute: number;
  /** Failed attempts of an address to get in. */
  readonly failedLoginsPerMinute: number;
  /** How long a count that all processes share is waited for; 250 ms when left out. */
  readonly countWaitMs?: number;
}
