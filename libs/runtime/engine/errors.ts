/** The release is not loaded (or is being unloaded), so nothing can be asked of it. */
export class ReleaseNotLoadedError extends Error {
  override readonly name = 'ReleaseNotLoadedError';
  constructor(releaseId: string) {
    super(`release ${releaseId} is not loaded`);
  }
}

/** The engine cannot answer now: it is starting again after a failure, or it is closed. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** A request that the engine cannot run; `param` names the field at fault. */
export class EngineRequestError extends Error {
  override readonly name = 'EngineRequestError';
  readonly param: string;
  constructor(param: string, message: string) {
    super(message);
    this.param = param;
  }
}
