import { execFile } from "node:child_process";
import { chmod, symlink, unlink, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { DeviceError } from "../../../src/domain/device.ts";
import type { ByteLink } from "../../../src/drivers/transport/byte-link.ts";
import type { LoadSerialBinding } from "../../../src/drivers/transport/serial-binding.ts";
import { serialPlace, type SerialPlaceOptions } from "../../../src/drivers/transport/serial-place.ts";
import { serialCable, serialLine } from "../../support/serial-line.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const SETTINGS = { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 2, rtscts: false } as const;
const never = new AbortController().signal;
const run = promisify(execFile);

function placeAt(path: string, more: Partial<SerialPlaceOptions> = {}) {
  return serialPlace({ path, ...SETTINGS, ...more });
}

/** What a link has brought so far. */
class Heard {
  #bytes = Buffer.alloc(0);
  readonly take = (chunk: Uint8Array): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  };
  get text(): string {
    return this.#bytes.toString("latin1");
  }
  get count(): number {
    return this.#bytes.length;
  }
}

async function refusal(opening: Promise<ByteLink>): Promise<DeviceError> {
  const error: unknown = await opening.then(
    () => new Error("it was opened"),
    (reason: unknown) => reason,
  );
  if (error instanceof DeviceError) return error;
  throw error;
}

/** Serial ports and timers that this process holds. */
function handles(): readonly string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind !== "PipeWrap" && kind !== "MessagePort");
}

describe("a serial link", () => {
  it("carries every byte value both ways, in order", async () => {
    await using cable = await serialCable();
    const near = new Heard();
    const far = new Heard();
    const every = Uint8Array.from({ length: 256 }, (_, value) => value);
    await using a = await placeAt(cable.path).open(near.take, never);
    await using b = await placeAt(cable.far).open(far.take, never);
    await Promise.all([a.write(every), a.write(Buffer.from("end"))]);
    await b.write(every);
    await waitUntil("all is there", () => near.count === 256 && far.count === 259);
    expect(far.text).toBe(`${Buffer.from(every).toString("latin1")}end`);
    expect(near.text).toBe(Buffer.from(every).toString("latin1"));
  });

  it("has the line as it was told, and leaves DTR up when it closes", async () => {
    await using cable = await serialCable();
    await run("stty", ["-F", cable.path, "hupcl"]);
    await using link = await placeAt(cable.path, { baudRate: 19_200, parity: "even", dataBits: 7 }).open(
      () => undefined,
      never,
    );
    const { stdout } = await run("stty", ["-F", cable.path, "-a"]);
    expect(stdout).toContain("speed 19200 baud");
    expect(stdout).toMatch(/(^|\s)cstopb/);
    expect(stdout).toMatch(/(^|\s)-hupcl/);
    await link.write(Buffer.from("x"));
  });

  it("says that another program holds the port", async () => {
    await using cable = await serialCable();
    await using first = await placeAt(cable.path).open(() => undefined, never);
    const error = await refusal(placeAt(cable.path).open(() => undefined, never));
    expect(error.code).toBe("inUse");
    expect(error.message).toMatch(/ModemManager.*处理/s);
    await first.write(Buffer.from("still mine"));
  });

  it("can be opened again as soon as it is closed", async () => {
    await using cable = await serialCable();
    for (let round = 0; round < 5; round += 1) {
      const link = await placeAt(cable.path).open(() => undefined, never);
      await link.write(Buffer.from("x"));
      await link[Symbol.asyncDispose]();
      expect((await link.ended).code).toBe("closed");
    }
  });

  it("sends what was written before it was closed", async () => {
    let terminal = "";
    await using line = await serialLine((socket) =>
      socket.on("data", (chunk: Buffer) => (terminal += chunk.toString())),
    );
    const link = await placeAt(line.path).open(() => undefined, never);
    await link.write(Buffer.from("last words"));
    await link[Symbol.asyncDispose]();
    await waitUntil("the terminal has heard it", () => terminal === "last words");
  });

  it.each(["idle", "while bytes stream in"])(
    "ends when the adapter is pulled out %s, and opens when it is back",
    async (when) => {
      const talk = (socket: Socket): void => {
        if (when === "idle") return;
        const send = (): void => {
          if (socket.write(Buffer.alloc(2048, 0x55))) setImmediate(send);
          else socket.once("drain", send);
        };
        send();
      };
      await using line = await serialLine(talk);
      const heard = new Heard();
      const place = placeAt(line.path, { watchEveryMs: 200 });
      const link = await place.open(heard.take, never);
      if (when !== "idle") await waitUntil("bytes come", () => heard.count > 10_000);
      await line.pull();
      expect((await link.ended).code).toBe("linkLost");
      await expect(link.write(Buffer.from("x"))).rejects.toMatchObject({ code: "linkLost" });
      await link[Symbol.asyncDispose]();
      expect((await refusal(place.open(() => undefined, never))).code).toBe("absent");
      await line.replug();
      await using again = await place.open(() => undefined, never);
      await again.write(Buffer.from("x"));
    },
  );

  it("ends when a write is not taken in time, and closes all the same", async () => {
    await using line = await serialLine((socket) => socket.pause());
    const before = handles().length;
    const link = await placeAt(line.path, { writeWithinMs: 300, closeWithinMs: 300 }).open(() => undefined, never);
    // More than pty, socat and socket hold together.
    await expect(link.write(Buffer.alloc(4_000_000))).rejects.toMatchObject({ code: "linkLost" });
    expect((await link.ended).message).toContain("not taken within 300 ms");
    await link[Symbol.asyncDispose]();
    await waitUntil("nothing of it is left", () => handles().length <= before);
  });

  it("leaves neither port nor timer behind", async () => {
    await using cable = await serialCable();
    const before = handles().length;
    const link = await placeAt(cable.path).open(() => undefined, never);
    expect(handles().length).toBeGreaterThan(before);
    await link[Symbol.asyncDispose]();
    await waitUntil("nothing of it is left", () => handles().length <= before);
  });
});

const loadsNothing: LoadSerialBinding = async () => {
  throw new Error("No native build was found for platform=linux arch=mips\nloaded from");
};

const opensNever: LoadSerialBinding = async () => ({ open: async () => new Promise<never>(() => undefined) });

/** An adapter that has wedged: nothing comes, and each step hangs that is not in `works`. */
function wedged(...works: readonly string[]) {
  const steps: string[] = [];
  const step = async (name: string): Promise<void> => {
    steps.push(name);
    if (!works.includes(name)) await new Promise<never>(() => undefined);
  };
  const handle = {
    read: async () => new Promise<never>(() => undefined),
    write: async () => step("write"),
    drain: async () => step("drain"),
    flush: async () => step("flush"),
    close: async () => step("close"),
  };
  return { steps, load: async () => ({ open: async () => handle }) };
}

describe("a serial adapter that says nothing of its end", () => {
  it.each([
    ["is gone", undefined],
    ["has become another one", "/dev/zero"],
  ])("is noticed by its device node, which %s", async (_, then) => {
    await using dir = await tempDir();
    const path = dir.file("ttyUSB0");
    await symlink("/dev/null", path);
    const { load } = wedged("flush", "close");
    await using link = await placeAt(path, { load, watchEveryMs: 20 }).open(() => undefined, never);
    await unlink(path);
    if (then !== undefined) await symlink(then, path);
    expect((await link.ended).code).toBe("linkLost");
  });

  it("is closed in time whichever step hangs, and what it does not take is thrown away first", async () => {
    const hanging = wedged();
    const link = await placeAt("/dev/null", { load: hanging.load, closeWithinMs: 20 }).open(() => undefined, never);
    await link[Symbol.asyncDispose]();
    expect(hanging.steps).toEqual(["drain", "flush", "close"]);

    const well = wedged("drain", "close");
    const other = await placeAt("/dev/null", { load: well.load, closeWithinMs: 20 }).open(() => undefined, never);
    await other[Symbol.asyncDispose]();
    expect(well.steps).toEqual(["drain", "close"]);
  });
});

describe("a serial port that cannot be opened", () => {
  it("is absent when nothing is plugged in", async () => {
    await using dir = await tempDir();
    const error = await refusal(placeAt(dir.file("ttyUSB0")).open(() => undefined, never));
    expect(error.code).toBe("absent");
    expect(error.message).toContain("/dev/serial/by-id");
  });

  it("is unreachable when the path is no port", async () => {
    await using dir = await tempDir();
    await writeFile(dir.file("ttyUSB0"), "");
    expect((await refusal(placeAt(dir.file("ttyUSB0")).open(() => undefined, never))).code).toBe("unreachable");
    expect((await refusal(placeAt("/dev/null").open(() => undefined, never))).code).toBe("unreachable");
  });

  it.runIf(process.geteuid?.() === 0)("is not permitted to a user outside the port's group", async () => {
    await using dir = await tempDir();
    await chmod(dir.path, 0o755);
    await using cable = await serialCable(dir);
    await chmod(cable.path, 0o600);
    process.seteuid?.(65_534);
    try {
      const error = await refusal(placeAt(cable.path).open(() => undefined, never));
      expect(error.code).toBe("notPermitted");
      expect(error.message).toContain("usermod -aG dialout");
    } finally {
      process.seteuid?.(0);
    }
  });

  it("is unavailable, with the reason, where the native part cannot be loaded", async () => {
    await using cable = await serialCable();
    const error = await refusal(placeAt(cable.path, { load: loadsNothing }).open(() => undefined, never));
    expect(error.code).toBe("unavailable");
    expect(error.message).toContain("arch=mips");
    expect(error.message).toContain("over TCP");
  });

  it("is given up in time when opening hangs, and closed when it comes late", async () => {
    let isClosed = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = {
      read: async () => ({ bytesRead: 0 }),
      write: async () => undefined,
      drain: async () => undefined,
      flush: async () => undefined,
      close: async () => {
        isClosed = true;
      },
    };
    const load = async () => ({
      open: async () => {
        await promise;
        return late;
      },
    });
    const error = await refusal(placeAt("/dev/null", { load, openWithinMs: 50 }).open(() => undefined, never));
    expect(error.code).toBe("unreachable");
    resolve();
    await waitUntil("it is closed", () => isClosed);
  });

  it("gives the signal's reason when opening is called off", async () => {
    await using cable = await serialCable();
    const reason = new Error("stopped");
    const stop = new AbortController();
    const opening = placeAt(cable.path, { load: opensNever }).open(() => undefined, stop.signal);
    stop.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expect(placeAt(cable.path).open(() => undefined, stop.signal)).rejects.toBe(reason);
  });
});
