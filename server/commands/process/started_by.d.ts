export function launchedEnvironment(): Record<string, string | undefined>
export function stopWithLauncher(): void
export function whenNpmEnds(onEnd: () => void): void
