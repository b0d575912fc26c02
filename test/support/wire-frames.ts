/** Frames for tests that look at bytes: reference iso8583.md, 1.11; card number, terminal and merchant are invented there. */
const SALE =
  "006d60000300006031003101000200702406c000c0981116621234000000000100000000000001234500000230120510000100123132333435363738393939303030303939393930303031313536000000000000000026000000000000000013220000010006003030303030303030";
const ANSWER =
  "008260000000036031003101000210703800810ad0801216621234000000000100000000000001234500000210153009300008480200003031353330303030303030323033313233343536373839393930303030393939393030303122303130333030303020202034383032303030302020203135360013220000010006000003435550";
const REVERSAL =
  "0068600003000060310031010004007024068002c080191662123400000000010000000000000123450000023012051000010039383132333435363738393939303030303939393930303031313536001322000001000600001600000100000209303030303030303030";

/** Where DE11 stands in all three; where DE41 and DE39 stand in each. */
const STAN = 41;

export interface FrameOptions {
  readonly stan?: string;
  readonly de41?: string;
}

function patched(hex: string, de41At: number, { stan = "000002", de41 = "12345678" }: FrameOptions): Buffer {
  const frame = Buffer.from(hex, "hex");
  frame.write(stan, STAN, "hex");
  frame.write(de41, de41At, "latin1");
  return frame;
}

/** 0200, 123.45 CNY. */
export function saleFrame(options: FrameOptions = {}): Buffer {
  return patched(SALE, 52, options);
}

/** 0210. */
export function answerFrame({ code = "00", ...options }: FrameOptions & { readonly code?: string } = {}): Buffer {
  const frame = patched(ANSWER, 69, options);
  frame.write(code, 67, "latin1");
  return frame;
}

/** 0400, reason 98. */
export function reversalFrame(options: FrameOptions = {}): Buffer {
  return patched(REVERSAL, 53, options);
}

/** 0410: the 0210 under another name serves, the relay reads no more of it. */
export function reversalAnswerFrame(options: FrameOptions & { readonly code?: string } = {}): Buffer {
  const frame = answerFrame(options);
  frame.write("0410", 13, "hex");
  return frame;
}
