import { type ExpertFigures } from '#libs/store/figures/expert-figures';
import { type UsageReader } from '#libs/store/usage/usage-reader';

export const USAGE_READER = Symbol('UsageReader');
export const RELEASE_CATALOG = Symbol('ReleaseCatalog');
export const EXPERT_FIGURES = Symbol('ExpertFigures');

export type UsagePort = Pick<UsageReader, 'usageMatrix'>;
export type ExpertFiguresPort = Pick<ExpertFigures, 'read'>;

/** What routing reports need of a release. */
export interface ReleaseOutline {
  readonly releaseId: string;
  readonly model: string;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
}

export interface ReleaseCatalog {
  find(releaseId: string): Promise<ReleaseOutline | null>;
  ofModel(model: string): Promise<readonly ReleaseOutline[]>;
  models(): Promise<readonly string[]>;
  /** The release that answers for a model; null where none does. */
  activeRelease(model: string): Promise<string | null>;
  /** Bytes of each component of a release, by component name. */
  componentSizes(releaseId: string): Promise<Readonly<Record<string, number>>>;
}
