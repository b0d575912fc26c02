import { chmod, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { askKernel } from "../../../src/health/clock/kernel-sync.ts";
import { tempDir } from "../../support/temp-dir.ts";

const { signal } = new AbortController();

it("the kernel's word is taken as timedatectl gives it, and no other word for one", async () => {
  await using dir = await tempDir();
  const answers = { yes: true, no: false, "": undefined, "Failed to connect to bus": undefined } as const;
  for (const [answer, expected] of Object.entries(answers)) {
    const script = dir.file(`timedatectl-${answer.length}`);
    await writeFile(script, `#!/bin/sh\n[ "$*" = "show --property=NTPSynchronized --value" ] && echo "${answer}"\n`);
    await chmod(script, 0o755);
    expect(await askKernel(signal, script), answer).toBe(expected);
  }
});

it("a program that is not there, fails or does not answer tells nothing", async () => {
  await using dir = await tempDir();
  expect(await askKernel(signal, dir.file("nothing"))).toBeUndefined();
  const failing = dir.file("failing");
  await writeFile(failing, "#!/bin/sh\necho yes\nexit 1\n");
  const hanging = dir.file("hanging");
  await writeFile(hanging, "#!/bin/sh\nexec sleep 600\n");
  await Promise.all([failing, hanging].map(async (script) => chmod(script, 0o755)));
  expect(await askKernel(signal, failing)).toBeUndefined();
  expect(await askKernel(AbortSignal.timeout(300), hanging)).toBeUndefined();
});
