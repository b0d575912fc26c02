import { mkdir, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { lookAtPort, portFindings } from "../../../src/drivers/transport/serial-check.ts";
import { serialCable } from "../../support/serial-line.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function findingsAt(path: string, directories?: Parameters<typeof lookAtPort>[1]) {
  return portFindings("terminal till-1", path, await lookAtPort(path, directories));
}

describe("what check says of a serial port", () => {
  it("is fine when it is there and permitted", async () => {
    await using cable = await serialCable();
    expect(await findingsAt(cable.path)).toEqual([
      {
        level: "ok",
        what: `terminal till-1 at ${cable.path}`,
        found: "there, and this user may open it",
        remedy: "nothing",
      },
    ]);
  });

  it("names the stable path to configure", async () => {
    await using cable = await serialCable();
    await using dir = await tempDir();
    const directories = { byId: dir.file("by-id"), byPath: dir.file("by-path"), sysTty: dir.file("tty") };
    await mkdir(directories.byId);
    await symlink(cable.path, `${directories.byId}/usb-FTDI`);
    const [, advice] = await findingsAt(cable.path, directories);
    expect(advice).toMatchObject({ level: "warning", remedy: `configure ${directories.byId}/usb-FTDI` });
    expect(await findingsAt(`${directories.byId}/usb-FTDI`, directories)).toHaveLength(1);
  });

  it("tells to name the socket where ids are shared", () => {
    const name = { path: "/dev/serial/by-path/usb-1", by: "path", isIdShared: true } as const;
    const [, advice] = portFindings("t", "/dev/serial/by-id/usb-CH340", { is: "port", isPermitted: true, name });
    expect(advice?.remedy).toBe("configure /dev/serial/by-path/usb-1, and leave the adapter in its socket");
    expect(advice?.found).toContain("cannot be told apart");
  });

  it("tells how to be permitted", () => {
    const name = { path: undefined, by: "none", isIdShared: false } as const;
    const [finding] = portFindings("t", "/dev/ttyS0", { is: "port", isPermitted: false, name });
    expect(finding).toMatchObject({ level: "error" });
    expect(finding?.remedy).toContain("dialout");
  });

  it("finds a port that is absent, and a path that is none", async () => {
    await using dir = await tempDir();
    await writeFile(dir.file("file"), "");
    const [absent] = await findingsAt(dir.file("ttyUSB0"));
    expect(absent?.level).toBe("error");
    expect(absent?.remedy).toContain("plug the device in");
    expect(await findingsAt(dir.file("file"))).toMatchObject([{ level: "error", found: "it is no serial port" }]);
  });
});
