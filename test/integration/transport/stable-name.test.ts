import { mkdir, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { stableName } from "../../../src/drivers/transport/stable-name.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";

interface Adapter {
  readonly node: string;
  readonly id?: string;
  readonly sockets?: readonly string[];
  /** What sysfs has as the USB device's serial number; absent: no such file. */
  readonly serial?: string;
}

/** A `/dev` and a `/sys` as udev and the kernel make them. */
async function machine(dir: TempDir, adapters: readonly Adapter[]) {
  const directories = { byId: dir.file("by-id"), byPath: dir.file("by-path"), sysTty: dir.file("tty") };
  await Promise.all(Object.values(directories).map(async (path) => mkdir(path)));
  for (const { node, id, sockets = [], serial } of adapters) {
    await writeFile(dir.file(node), "");
    if (id !== undefined) await symlink(`../${node}`, `${directories.byId}/${id}`);
    for (const socket of sockets) await symlink(`../${node}`, `${directories.byPath}/${socket}`);
    const device = dir.file(`usb-${node}`);
    const port = `${device}/1-1:1.0/${node}`;
    await mkdir(port, { recursive: true });
    await writeFile(`${device}/idVendor`, "0403\n");
    if (serial !== undefined) await writeFile(`${device}/serial`, `${serial}\n`);
    await mkdir(`${directories.sysTty}/${node}`);
    await symlink(port, `${directories.sysTty}/${node}/device`);
  }
  return directories;
}

const FTDI = { node: "ttyUSB0", id: "usb-FTDI_A10-if00-port0", sockets: ["pci-usb-0:1:1.0-port0"], serial: "A10" };

describe("the stable name of a serial port", () => {
  it("is the adapter's own id", async () => {
    await using dir = await tempDir();
    const directories = await machine(dir, [FTDI]);
    const wanted = { path: `${directories.byId}/usb-FTDI_A10-if00-port0`, by: "id", isIdShared: false };
    expect(await stableName(dir.file("ttyUSB0"), directories)).toEqual(wanted);
    expect(await stableName(`${directories.byPath}/pci-usb-0:1:1.0-port0`, directories)).toEqual(wanted);
  });

  it("is the socket for an adapter without a serial number", async () => {
    await using dir = await tempDir();
    const directories = await machine(dir, [
      { node: "ttyUSB0", id: "usb-1a86-if00-port0", sockets: ["pci-usb-0:1:1.0-port0"] },
    ]);
    expect(await stableName(dir.file("ttyUSB0"), directories)).toEqual({
      path: `${directories.byPath}/pci-usb-0:1:1.0-port0`,
      by: "path",
      isIdShared: true,
    });
  });

  it.each(["ttyUSB0", "ttyUSB1"])("is the socket for %s of two adapters with one and the same id", async (node) => {
    await using dir = await tempDir();
    const directories = await machine(dir, [
      { node: "ttyUSB0", sockets: ["pci-usb-0:1:1.0-port0"], serial: "0001" },
      { node: "ttyUSB1", id: "usb-CP2102_0001-if00-port0", sockets: ["pci-usb-0:2:1.0-port0"], serial: "0001" },
    ]);
    const socket = node === "ttyUSB0" ? "pci-usb-0:1:1.0-port0" : "pci-usb-0:2:1.0-port0";
    const found = await stableName(dir.file(node), directories);
    expect(found).toEqual({ path: `${directories.byPath}/${socket}`, by: "path", isIdShared: true });
  });

  it("is the older of two names for one socket", async () => {
    await using dir = await tempDir();
    const sockets = ["pci-usbv2-0:1:1.0-port0", "pci-usb-0:1:1.0-port0"];
    const directories = await machine(dir, [{ node: "ttyUSB0", sockets, serial: "A10" }]);
    expect((await stableName(dir.file("ttyUSB0"), directories)).path).toBe(
      `${directories.byPath}/pci-usb-0:1:1.0-port0`,
    );
  });

  it("is unknown where udev gives none, and where there is no udev", async () => {
    await using dir = await tempDir();
    await writeFile(dir.file("ttyAMA0"), "");
    const none = { byId: dir.file("no"), byPath: dir.file("no"), sysTty: dir.file("no") };
    expect(await stableName(dir.file("ttyAMA0"), none)).toEqual({ path: undefined, by: "none", isIdShared: false });
  });

  it("ignores links that lead nowhere", async () => {
    await using dir = await tempDir();
    const directories = await machine(dir, [FTDI]);
    await symlink("../ttyUSB9", `${directories.byPath}/pci-usb-0:9:1.0-port0`);
    expect((await stableName(dir.file("ttyUSB0"), directories)).by).toBe("id");
  });

  it("cannot be told of a port that is not there", async () => {
    await using dir = await tempDir();
    await expect(stableName(dir.file("ttyUSB0"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
