// `npm run test:ladder`: every case of the lab, and what the gateway said of it. Exit 0 only if every verdict was right, in time.
import { CASES } from "./cases.ts";
import { Lab } from "./lab.ts";
import { runCase } from "./run-case.ts";

function time(s: number | undefined): string {
  return (s === undefined ? "-" : `${s.toFixed(1)} s`).padStart(8);
}

if (process.getuid?.() !== 0) {
  console.error("The lab builds network namespaces: run it as root, e.g. sudo npm run test:ladder.");
  process.exit(1);
}
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [""];
let wrong = 0;
await using lab = await Lab.open();
if ((await lab.hears("none", 30_000)) === undefined)
  throw new Error(`the lab is not well: ${lab.word?.fault ?? "silent"}`);
console.log(`${"case".padEnd(68)} ${"verdict".padEnd(26)} declared  cleared`);
for (const one of CASES.filter(({ name }) => wanted.some((part) => name.includes(part)))) {
  const { name, expected, said, declaredS, clearedS, stayed } = await runCase(lab, one);
  const isRight = said === expected && (expected === "none" || (declaredS !== undefined && clearedS !== undefined));
  if (!isRight) wrong += 1;
  console.log(
    `${name.padEnd(68)} ${said.padEnd(26)} ${time(declaredS)} ${time(clearedS)}${isRight ? "" : `   WRONG: expected ${expected}`}${stayed === undefined ? "" : ` (then ${stayed})`}`,
  );
}
console.log(wrong === 0 ? "\nEvery verdict was right." : `\n${wrong} verdicts were wrong.`);
process.exitCode = wrong === 0 ? 0 : 1;
