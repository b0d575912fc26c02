/**
 * What `udevadm monitor --property` prints: a head line for each event, its properties line by line, an empty line. Each
 * event comes twice, from the kernel and, where udevd runs, from udev. Lines of other shapes are skipped.
 */
export interface UdevEvent {
  readonly source: "kernel" | "udev";
  readonly action: string;
  /** Below `/sys`. */
  readonly path: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** Head, as of udev 100 to systemd 257. The oldest say UEVENT for the kernel. */
const HEAD = /^(KERNEL|UEVENT|UDEV)\s*\[[^\]]*\]\s+(\S+)\s+(\/\S+)/;
const PROPERTY = /^([A-Z0-9_:.]+)=(.*)$/;
/** Characters of an event that does not end: no event is that long. */
const TOO_LONG = 65_536;

/** Takes the output piece by piece, as it comes. @returns the events that are whole now. */
export function udevReader(): (text: string) => readonly UdevEvent[] {
  let rest = "";
  return (text) => {
    rest += text;
    const end = rest.lastIndexOf("\n\n");
    const whole = end === -1 ? "" : rest.slice(0, end);
    rest = end === -1 ? rest.slice(-TOO_LONG) : rest.slice(end + 2);
    return whole.split(/\n\n+/).flatMap(eventsIn);
  };
}

/** More than one where the empty line between them is missing. */
function eventsIn(block: string): readonly UdevEvent[] {
  const events: { source: UdevEvent["source"]; action: string; path: string; properties: Record<string, string> }[] =
    [];
  for (const line of block.split("\n")) {
    const [, source, action, path] = HEAD.exec(line) ?? [];
    if (source !== undefined && action !== undefined && path !== undefined) {
      events.push({ source: source === "UDEV" ? "udev" : "kernel", action, path, properties: {} });
      continue;
    }
    const [, name, value] = PROPERTY.exec(line) ?? [];
    const event = events.at(-1);
    if (event !== undefined && name !== undefined && value !== undefined) event.properties[name] = value;
  }
  return events;
}
