import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { seq } from "../../../../src/domain/record.ts";
import { GENESIS_HASH } from "../../../../src/queue/envelope-text.ts";
import { RecordReader } from "../../../../src/queue/record-reader.ts";
import { readStream } from "../../../../src/queue/schema.ts";
import { type Kept, writerLine } from "../writer-words.ts";
import { type Image, TracedDisk } from "./disk.ts";
import { readTrace } from "./strace.ts";

/** All that a ledger consists of on disk, save what SQLite makes anew: its `-shm`. */
const FILES = ["ledger.db", "ledger.db-wal", "ledger.db-journal"];

export interface Replay {
  /** Power losses tried. */
  readonly images: number;
  /** Records acknowledged in the traced run. */
  readonly acknowledged: number;
  /** Moments at which something reached the disk for good. */
  readonly flushes: number;
  /** How often the WAL was copied back into the database during the run. */
  readonly checkpoints: number;
  /** What a power loss would have taken although it was acknowledged, or left unreadable: at most 10 of them. */
  readonly faults: readonly string[];
}

/**
 * Takes a traced run apart: at each flush, all states that a power loss since the flush before could have left are
 * opened. None of them is tried with fewer acknowledgements than it could have followed: what a state lacks grows with
 * time, and each is still possible in the last moment before the flush.
 *
 * @param scratch  A directory in memory.
 * @param step  1 tries every number of lost writes, 10 every tenth, none and all.
 */
export async function replay(trace: string, store: string, scratch: string, step: number): Promise<Replay> {
  const paths = FILES.map((name) => join(store, name));
  const disk = new TracedDisk(paths);
  const acknowledged: Kept[] = [];
  const faults: string[] = [];
  let images = 0;
  let flushes = 0;
  let checkpoints = 0;
  let isChanged = false;
  let unread = "";
  const tryAll = (): void => {
    if (!isChanged) return;
    isChanged = false;
    for (const image of disk.images(step)) {
      images += 1;
      const fault = faultOf(image, scratch, acknowledged);
      if (fault !== undefined) faults.push(`after ${acknowledged.length} acknowledged: ${fault}`);
      if (faults.length >= 10) return;
    }
  };
  for await (const effect of readTrace(trace, paths)) {
    if (effect.did === "say") {
      const lines = (unread + effect.text).split("\n");
      unread = lines.pop() ?? "";
      for (const line of lines) {
        const parsed = writerLine.parse(JSON.parse(line));
        if (parsed.said === "kept") acknowledged.push(parsed);
      }
      continue;
    }
    if (effect.did === "map" && effect.path.endsWith("-shm")) continue;
    if (effect.did === "flush") {
      tryAll();
      flushes += 1;
      if (effect.path === join(store, "ledger.db") && acknowledged.length > 0) checkpoints += 1;
    } else {
      isChanged = true;
    }
    if (faults.length >= 10) break;
    disk.apply(effect);
  }
  tryAll();
  return { images, acknowledged: acknowledged.length, flushes, checkpoints, faults };
}

/** Opens what is left, as the next start does, and holds it against what was promised. */
function faultOf(image: Image, scratch: string, acknowledged: readonly Kept[]): string | undefined {
  for (const name of [...FILES, "ledger.db-shm"]) rmSync(join(scratch, name), { force: true });
  for (const [name, content] of image) writeFileSync(join(scratch, name), content);
  const whole = [...image].map(([name, content]) => `${name} ${content.length}`).join(", ");
  try {
    // Rolling back takes a writer; one that reads is spared copying the WAL back when it closes.
    const readonly = image.has("ledger.db") && !image.has("ledger.db-journal");
    const db = new Database(join(scratch, "ledger.db"), { readonly });
    try {
      const fault = faultIn(db, acknowledged);
      return fault === undefined ? undefined : `${fault} (${whole})`;
    } finally {
      db.close();
    }
  } catch (error) {
    return `${String(error)} (${whole})`;
  }
}

function faultIn(db: Database.Database, acknowledged: readonly Kept[]): string | undefined {
  const isBegun = db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== undefined;
  if (!isBegun) return acknowledged.length === 0 ? undefined : "the ledger is empty";
  const stream = readStream(db);
  const reader = new RecordReader(db, stream);
  const head = reader.head();
  const { checked, fault } = reader.check(seq(1), GENESIS_HASH, head);
  if (fault !== undefined || checked !== head) return `the chain breaks after ${checked} of ${head} records`;
  const sales = db
    .prepare<[], string>("SELECT json_extract(body, '$.transaction.id') FROM record ORDER BY seq")
    .pluck()
    .all();
  const lost = acknowledged.find(
    (kept) => kept.stream !== stream || sales[kept.seq - 1] !== `${kept.till}/${kept.sale}`,
  );
  return lost === undefined ? undefined : `record ${lost.seq} is lost: the ledger ends at ${head}`;
}
