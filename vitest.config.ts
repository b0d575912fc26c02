import { defineConfig } from "vitest/config";
import { SkippedTestsReporter } from "./test/support/skipped-tests-reporter.ts";

export default defineConfig({
  test: {
    // V8 dies of SIGTRAP now and then where threads come and go on a processor with protection keys (nodejs/node#64500).
    execArgv: ["--no-memory-protection-keys"],
    reporters: ["default", new SkippedTestsReporter()],
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 10_000 } },
      { test: { name: "contract", include: ["test/contract/**/*.test.ts"], testTimeout: 30_000 } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
