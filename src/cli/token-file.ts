import { readFile } from "node:fs/promises";

/** As it may stand in a header (RFC 6750, 2.1). */
const TOKEN = /^[\x21-\x7e]{1,256}$/;

/**
 * Reads a token. What else stands in the file is never shown: it could be somebody's token.
 *
 * @returns why there is none.
 */
export async function tokenIn(path: string): Promise<{ readonly token: string } | { readonly because: string }> {
  try {
    const token = (await readFile(path, "utf8")).trim();
    return TOKEN.test(token) ? { token } : { because: "it holds no token: one line without spaces" };
  } catch (error) {
    return { because: error instanceof Error ? error.message : String(error) };
  }
}
