export const SIM_PROFILES = ["transbank", "ecr17", "misPos", "poslink"] as const;
export type SimProfile = (typeof SIM_PROFILES)[number];

/** Which bytes around the text a terminal of ECR17 counts into its checksum. */
export type SimLrc = "dataAndEnd" | "data" | "startDataAndEnd" | "startAndData";

export type Heard =
  | { readonly what: "command"; readonly text: string }
  /** A message came whose checksum is not right. */
  | { readonly what: "damaged" }
  | { readonly what: "ack" | "nak" };

/** Bytes of one protocol, by code of the simulator's own. */
export interface SimWire {
  readonly ack: Buffer;
  readonly nak: Buffer;
  frame(text: string): Buffer;
  /** What a till hears of a procedure that runs. */
  progress(text: string): Buffer;
  /** Takes the first piece off what was heard; `undefined` when there is none yet. */
  cut(heard: Buffer): { readonly heard?: Heard; readonly rest: Buffer } | undefined;
}

const [SOH, STX, ETX, EOT, ACK, NAK] = [0x01, 0x02, 0x03, 0x04, 0x06, 0x15];

function exclusiveOr(seed: number, bytes: Iterable<number>): number {
  let sum = seed;
  for (const byte of bytes) sum ^= byte;
  return sum;
}

export function simWire(profile: SimProfile, lrc: SimLrc = "dataAndEnd"): SimWire {
  const ecr17 = profile === "ecr17";
  const counted = profile === "misPos";
  const head = (length: number): number[] => {
    if (!counted) return [];
    const digits = String(length).padStart(4, "0");
    return [parseInt(digits.slice(0, 2), 16), parseInt(digits.slice(2), 16)];
  };
  const check = (data: Buffer, started: boolean): number => {
    const first = ecr17 && started && lrc.startsWith("start") ? [STX] : [];
    const last = ecr17 && !lrc.endsWith("End") ? [] : [ETX];
    return exclusiveOr(ecr17 ? 0x7f : 0, [...first, ...head(data.length), ...data, ...last]);
  };
  const control = (byte: number): Buffer =>
    ecr17 ? Buffer.from([byte, ETX, check(Buffer.from([byte]), false)]) : Buffer.from([byte]);
  const frame = (text: string): Buffer => {
    const data = Buffer.from(text, "latin1");
    return Buffer.from([STX, ...head(data.length), ...data, ETX, check(data, true)]);
  };
  const controls = [
    { what: "ack", bytes: control(ACK) },
    { what: "nak", bytes: control(NAK) },
  ] as const;
  return {
    ack: control(ACK),
    nak: control(NAK),
    frame,
    progress: (text) =>
      ecr17 ? Buffer.from([SOH, ...Buffer.from(text.padEnd(20).slice(0, 20), "latin1"), EOT]) : frame(text),
    cut: (heard) => {
      for (const { what, bytes } of controls) {
        if (heard[0] !== bytes[0]) continue;
        return heard.length < bytes.length ? undefined : { heard: { what }, rest: heard.subarray(bytes.length) };
      }
      if (heard[0] !== STX) return heard.length === 0 ? undefined : { rest: heard.subarray(1) };
      const end = counted ? endOfCounted(heard) : heard.indexOf(ETX);
      if (end < 0 || heard.length < end + 2) return undefined;
      const text = heard.toString("latin1", counted ? 3 : 1, end);
      const rest = heard.subarray(end + 2);
      return {
        heard: heard.subarray(0, end + 2).equals(frame(text)) ? { what: "command", text } : { what: "damaged" },
        rest,
      };
    },
  };
}

/** Where ETX stands; -1 when the length has not come yet. */
function endOfCounted(heard: Buffer): number {
  return heard.length < 3 ? -1 : 3 + Number(heard.toString("hex", 1, 3));
}
