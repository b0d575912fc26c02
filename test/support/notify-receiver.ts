import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { z } from "zod";
import { waitUntil } from "./wait-until.ts";

/** What systemd does with a service's notifications, in the twelve lines that Node.js has no datagram socket for. */
const SCRIPT = `
import json, socket, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind("\\0" + name[1:] if name[0] == "@" else name)
print("bound", flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(65536, 256)
    pid = next(int.from_bytes(c[2][:4], sys.byteorder) for c in ancillary if c[1] == 2)
    print(json.dumps({"pid": pid, "lines": data.decode().split("\\n")}), flush=True)
`;

/** `pid`: of the process that said it, as the kernel vouches for it. */
const notification = z.strictObject({ pid: z.int(), lines: z.array(z.string()) });
type Notification = z.output<typeof notification>;

/** A unix datagram socket in systemd's place. */
export interface NotifyReceiver extends AsyncDisposable {
  readonly heard: readonly Notification[];
  /** How many messages had this line. */
  count(line: string): number;
}

/** @param name  As in NOTIFY_SOCKET: a path, or `@` and an abstract name. */
export async function notifyReceiver(name: string): Promise<NotifyReceiver> {
  const child = spawn("python3", ["-c", SCRIPT, name], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(child, "close");
  const heard: Notification[] = [];
  let isBound = false;
  createInterface(child.stdout).on("line", (line) => {
    if (line === "bound") isBound = true;
    else heard.push(notification.parse(JSON.parse(line)));
  });
  await waitUntil("the receiver listens", () => isBound);
  return {
    heard,
    count: (line) => heard.filter(({ lines }) => lines.includes(line)).length,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
