import type { Coverage } from "../codec/checksum.ts";
import type { FrameSpec } from "../codec/frame-spec.ts";

const STX = 0x02;
const ETX = 0x03;
const SOH = 0x01;
const EOT = 0x04;
const ACK = 0x06;
const NAK = 0x15;

/** ms. No source names one; the serial reader of npm `transbank-pos-sdk` 4.0.0 takes 100, and TCP may pause for longer. */
const INTER_BYTE_MS = 500;

/** Chinese cashier to POS, PAX EDC and Hypercom alike (reference ecr-profiles.md). The longest message is a limit of ours. */
export const MIS_POS_FRAME: FrameSpec = {
  start: [STX],
  length: "bcd2",
  end: [ETX],
  checksum: { kind: "xor", seed: 0, over: { from: "length", to: "end" } },
  escape: "none",
  signals: { ack: ACK, nak: NAK, closed: false },
  maxDataBytes: 2048,
  interByteMs: INTER_BYTE_MS,
};

/** PAX POSLINK (reference ecr-profiles.md). The longest message is a limit of ours. */
export const POSLINK_FRAME: FrameSpec = {
  start: [STX],
  length: "none",
  end: [ETX],
  checksum: { kind: "xor", seed: 0, over: { from: "data", to: "end" } },
  escape: "none",
  signals: { ack: ACK, nak: NAK, eot: EOT, closed: false },
  maxDataBytes: 4096,
  interByteMs: INTER_BYTE_MS,
};

/**
 * Transbank POS Integrado: transbankdevelopers.cl/referencia/posintegrado, "Protocolo de Comunicación Caja - POS".
 * The longest message is a limit of ours: vouchers within answers are of no stated length.
 */
export const TRANSBANK_FRAME: FrameSpec = { ...POSLINK_FRAME, signals: { ack: ACK, nak: NAK, closed: false } };

export const LRC_COVERAGES = ["dataAndEnd", "data", "startDataAndEnd", "startAndData"] as const;
/** What an ECR17 terminal counts into its checksum: that differs with the firmware (Rust crate `ecr17-protocol` 1.0.1). */
export type LrcCoverage = (typeof LRC_COVERAGES)[number];

const COVERAGE: Readonly<Record<LrcCoverage, Coverage>> = {
  dataAndEnd: { from: "data", to: "end" },
  data: { from: "data", to: "data" },
  startDataAndEnd: { from: "start", to: "end" },
  startAndData: { from: "start", to: "data" },
};

/**
 * ECR17: developer.nexigroup.com/traditionalpos, "Communication Protocol". ACK and NAK are three bytes there: the control
 * byte, ETX and the checksum. The longest answer is that of the command K: 26 bytes and 1,024 of text.
 */
export function ecr17Frame(lrcOver: LrcCoverage): FrameSpec {
  return {
    start: [STX],
    length: "none",
    end: [ETX],
    checksum: { kind: "xor", seed: 0x7f, over: COVERAGE[lrcOver] },
    escape: "none",
    signals: { ack: ACK, nak: NAK, closed: true },
    progress: { start: SOH, end: EOT, maxDataBytes: 40 },
    maxDataBytes: 1050,
    interByteMs: INTER_BYTE_MS,
  };
}
