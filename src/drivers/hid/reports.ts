import { assertNever } from "../../domain/assert-never.ts";
import type { DeviceCondition, DeviceNews } from "../../domain/device.ts";
import { readMagneSafe, readSureSwipe, type SwipeReading, type TrackQuality } from "./codec/swipe.ts";
import type { HidOptions } from "./options.ts";

const TRACKS = [1, 2, 3] as const;

type Fault = Extract<DeviceNews, { readonly type: "lineFault" }>["fault"];

/** What input reports become: news without card data. Each report is zeroed before anybody hears of it. */
export class Reports {
  readonly #layout: HidOptions["layout"];
  readonly #news: (news: DeviceNews) => void;
  readonly #counts = { reports: 0, swipes: 0, badReports: 0, track1Errors: 0, track2Errors: 0, track3Errors: 0 };
  #condition: DeviceCondition;

  constructor(layout: HidOptions["layout"], news: (news: DeviceNews) => void) {
    this.#layout = layout;
    this.#news = news;
    // Cards pass through this machine in clear: whoever reads the state shall know.
    this.#condition = layout === "sureSwipe" ? { state: "ready", reason: "clearTrackReader" } : { state: "ready" };
  }

  /** As the newest swipe shows it. */
  get condition(): DeviceCondition {
    return this.#condition;
  }

  /** Numbers since start. A ratio of track errors to swipes that grows says that the head is worn or dirty. */
  counters(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  take(report: Uint8Array): void {
    this.#counts.reports += 1;
    let tell: () => void;
    try {
      tell = this.#read(report);
    } finally {
      report.fill(0);
    }
    tell();
  }

  #read(report: Uint8Array): () => void {
    switch (this.#layout) {
      case "presence":
        return () => undefined;
      case "sureSwipe":
        return this.#told(readSureSwipe(report), ({ tracks }) => this.#swiped(tracks, false));
      case "magneSafe":
        return this.#told(readMagneSafe(report), (swipe) => {
          const { encodeType, encryptionStatus, hasKsn, readerSerial } = swipe;
          const serial = readerSerial === undefined ? {} : { readerSerial };
          this.#swiped(swipe.tracks, hasKsn, { encodeType, encryptionStatus, hasKsn, ...serial });
          this.#become(hasKsn);
        });
      default:
        return assertNever(this.#layout);
    }
  }

  #told<T>(reading: SwipeReading<T>, swiped: (swipe: T) => void): () => void {
    switch (reading.kind) {
      case "swipe":
        return () => swiped(reading.swipe);
      case "short":
        return () => this.#bad("truncated");
      case "strange":
        return () => this.#bad("garbage");
      default:
        return assertNever(reading);
    }
  }

  #swiped(
    tracks: readonly TrackQuality[],
    encrypted: boolean,
    detail?: Readonly<Record<string, string | boolean>>,
  ): void {
    this.#counts.swipes += 1;
    for (const track of TRACKS) if (tracks[track - 1] === "error") this.#counts[`track${track}Errors`] += 1;
    this.#news({ type: "swiped", tracks, encrypted, ...(detail === undefined ? {} : { detail }) });
  }

  #bad(fault: Fault): void {
    this.#counts.badReports += 1;
    this.#news({ type: "lineFault", fault });
  }

  /** A reader that is to encrypt and has no key sends cards in clear. */
  #become(isEncrypting: boolean): void {
    if (isEncrypting === (this.#condition.state === "ready")) return;
    this.#condition = isEncrypting
      ? { state: "ready" }
      : { state: "fault", reason: "readerDoesNotEncrypt", remedy: "technician" };
    this.#news({ type: "condition", condition: this.#condition });
  }
}
