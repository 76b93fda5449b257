import { vi } from 'vitest';

/** A second, as vitest has it, is not enough on a machine that three test files share. */
const WAIT_MS = 20_000;

const { waitFor } = vi;
vi.waitFor = (callback, options = {}) => waitFor(callback, { timeout: WAIT_MS, ...(typeof options === 'number' ? { timeout: options } : options) });
