export async function runStandalone(): Promise<void> {}
