#!/usr/bin/env node
// Imports nothing before the check: an older Node would fail on what it cannot load, in words that help nobody.

/** The first version that runs these sources as they are and has all that they use. */
const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `tillgate needs Node.js ${NEEDED} or newer; this is v${process.versions.node}. ` +
      "Run it through npm (npm run demo), which uses the runtime the project brings.",
  );
  process.exitCode = 1;
} else {
  const { main } = await import("./cli/program.ts");
  process.exitCode = await main(process.argv.slice(2));
}
