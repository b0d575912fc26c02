/** How the package starts the daemon: young space small, so that a drain does not grow the process (targets.md, "Memory"). */
export const DAEMON_FLAGS: readonly string[] = ["--max-semi-space-size=1", "--max-old-space-size=128"];
