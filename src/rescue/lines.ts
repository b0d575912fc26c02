import { RescueError } from "./rescue-error.ts";

const LINE_FEED = 0x0a;
/** A ledger keeps envelopes below 64 KiB, the manifest is far smaller. */
const MAX_LINE_BYTES = 128 * 1024;

/**
 * Cuts bytes into lines at line feeds alone: JSON may hold the other characters that text readers break lines at.
 *
 * @throws RescueError `rescue.damaged` for a line that is too long or not ended.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED, start)) {
      yield rest.subarray(start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw new RescueError("rescue.damaged", "a line in it is longer than a record");
  }
  if (rest.length > 0) throw new RescueError("rescue.damaged", "its last line is not complete");
}
