// Loaded before the program by npm's scripts: an older Node cannot even read the program's files, and would say so
// in a way that helps nobody.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `tillgate needs Node.js 24 or newer; this is ${process.version}.\n` +
      "On Linux (x64, arm64) `npm ci` brings the right one: run it again, without --omit=optional.\n" +
      "Elsewhere install Node.js 24 from your system's packages.",
  );
  process.exit(1);
}
