// npm leaves an optional package out of the lock file when the registry at hand does not carry it (a mirror without
// other systems' binaries), and `npm ci` then refuses the lock file as incomplete. This writes such entries from what
// their parents say: name, version, and the system that the name stands for, so that they are known and skipped.
// Run after every `npm install`: npm run lock
const { readFileSync, writeFileSync } = require("node:fs");

const FILE = "package-lock.json";
const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "wasm32"];

const lock = JSON.parse(readFileSync(FILE, "utf8"));
let added = 0;
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (lock.packages[place] !== undefined) continue;
    const words = name.split(/[/-]/);
    const os = SYSTEMS.filter((system) => words.includes(system));
    const cpu = PROCESSORS.filter((processor) => words.includes(processor));
    const libc = words.some((word) => word.startsWith("musl"))
      ? "musl"
      : words.some((word) => word.startsWith("gnu"))
        ? "glibc"
        : undefined;
    if (os.length === 0) throw new Error(`${name}: which system is it for?`);
    lock.packages[place] = {
      version,
      ...(cpu.length === 0 ? {} : { cpu }),
      ...(libc === undefined ? {} : { libc: [libc] }),
      ...(parent.dev === true ? { dev: true } : {}),
      optional: true,
      os,
    };
    added += 1;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${FILE}: ${added} entries of other systems added`);
