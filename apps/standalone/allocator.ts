/**
 * Settings of glibc's allocator. By default it raises its threshold for separate mappings as large
 * tensors come and go, and then keeps their memory; fixed thresholds give it back to the system.
 */
export const glibcAllocator: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '1048576',
};

/** Whether this process lacks the settings and they would have an effect. */
export function needsRestart({ platform, env }: { readonly platform: string; readonly env: Readonly<Record<string, string | undefined>> }): boolean {
  return platform === 'linux' && Object.keys(glibcAllocator).some((name) => env[name] === undefined);
}
