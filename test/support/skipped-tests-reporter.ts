import type { Reporter, TestModule } from "vitest/node";

/**
 * Under CI a skipped test fails the run: "green" must mean that everything was tried.
 * Elsewhere people may skip what they like.
 */
export class SkippedTestsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (process.env["CI"] === undefined) return;
    const skipped = modules.flatMap((module) =>
      Array.from(module.children.allTests("skipped"), (test) => `${module.relativeModuleId}: ${test.fullName}`),
    );
    if (skipped.length === 0) return;
    console.error(`\nSkipped under CI, so this run fails:\n${skipped.map((name) => `  ${name}`).join("\n")}`);
    process.exitCode = 1;
  }
}
