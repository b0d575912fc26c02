import { isRecordKey } from "../../domain/record-keys.ts";
import { CellReader, INDEX_INTERIOR, INDEX_LEAF } from "./b-tree-cells.ts";
import type { DatabasePages } from "./database-pages.ts";

export interface RawKey {
  readonly key: string;
  /** ms since 1970; 0 when no clock that was right has dated it. */
  readonly at: number;
}

const COLUMNS = 3;
const PREFIX = /^(key|order|payment):/;

/**
 * Every row of `record_key` that any page holds, also of records that retention has freed. Nothing proves them, and older
 * contents of a page are among them: what a wrong one costs is a till that is told to use another key.
 */
export function* rawKeys(pages: DatabasePages): Generator<RawKey> {
  const cells = new CellReader(pages);
  for (const { bytes, start } of pages.all()) {
    const type = bytes[start];
    if (type !== INDEX_LEAF && type !== INDEX_INTERIOR) continue;
    for (const cell of cells.cells(bytes, start)) {
      if (cells.shape(bytes, cell)?.columns !== COLUMNS) continue;
      const [key, seq, at] = cells.values(bytes, cell, true) ?? [];
      if (typeof key !== "string" || typeof seq !== "number" || typeof at !== "number") continue;
      if (PREFIX.test(key) && isRecordKey(key)) yield { key, at: Number.isSafeInteger(at) && at > 0 ? at : 0 };
    }
  }
}
