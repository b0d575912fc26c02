/** Sends one datagram to a unix socket. Does not wait. @returns 0, or what libc calls errno. */
export type SendDatagram = (address: Buffer, payload: Buffer) => number;

/** linux/net.h and bits/socket.h; the same on x86-64 and arm64. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x8_0000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/**
 * The few calls of libc that Node.js does not offer, through koffi.
 *
 * @throws when koffi is not installed, or has no binary for this machine.
 */
export async function loadSendDatagram(): Promise<SendDatagram> {
  const { default: koffi } = await import("koffi");
  // The program itself: libc is in it, whatever its file is called here.
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const sendto = libc.func(
    "long sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t addressLength)",
  );
  const close = libc.func("int close(int fd)");
  return (address, payload) => {
    const fd: unknown = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (typeof fd !== "number" || fd < 0) return koffi.errno();
    try {
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const sent: unknown = sendto(fd, payload, payload.length, flags, address, address.length);
      return sent === payload.length ? 0 : koffi.errno();
    } finally {
      close(fd);
    }
  };
}

/** Bytes of `sun_path` in `sockaddr_un` (unix(7)). */
const MAX_PATH = 108;

/**
 * A `sockaddr_un` for the name of a socket: a path, or `@` and a name in the abstract name space (unix(7)).
 *
 * @returns `undefined` for what is no such name, or too long.
 */
export function unixAddress(name: string): Buffer | undefined {
  const isAbstract = name.startsWith("@") && name.length > 1;
  if (!isAbstract && !name.startsWith("/")) return undefined;
  // A path ends with a zero, an abstract name begins with one and ends where its length says.
  const path = isAbstract ? Buffer.from(`\0${name.slice(1)}`) : Buffer.from(`${name}\0`);
  if (path.length > MAX_PATH) return undefined;
  return Buffer.concat([Buffer.from([AF_UNIX, 0]), path]);
}
