import { MAX_MISSING, type Receipt } from "../contract/receipt.ts";
import type { Draft } from "./delivery-draft.ts";

/**
 * Whether headquarters has lost what it had confirmed: it came back from a backup, or empty. A receipt of an earlier moment
 * that comes late must not look like that. So either its session is another than the one that confirmed, or two receipts
 * at least a grace apart agree.
 *
 * A few holes are filled one by one, wherever they are. With none named, or as many as a receipt can name, it is the end of
 * what headquarters holds that is gone.
 */
export function isBehind(draft: Draft, { upTo, missing }: Receipt, at: number): boolean {
  if (upTo >= draft.mark || (missing.length > 0 && missing.length < MAX_MISSING)) {
    draft.behindSince = undefined;
    return false;
  }
  if (draft.hq !== undefined && draft.markSession !== undefined && draft.hq !== draft.markSession) return true;
  draft.behindSince ??= at;
  return at - draft.behindSince >= draft.rules.missingGraceMs;
}
