import type { ErrorCode } from "yaml";

interface Words {
  readonly found: string;
  readonly allowed: string;
  readonly remedy: string;
}

const INDENT: Words = {
  found: "a line that is indented differently from its neighbours",
  allowed: "two more spaces for each level, the same for all keys of one section",
  remedy: "line the key up with the others of its section",
};
const QUOTE: Words = {
  found: "text that YAML cannot take as it stands",
  allowed: "text with special characters only in quotes",
  remedy: "put the value in single quotes: 'value'",
};
const ALIAS: Words = {
  found: "an anchor (&) or alias (*)",
  allowed: "plain values",
  remedy: "put the value in single quotes if it merely begins with & or *, else write it out",
};
const TAG: Words = {
  found: "a tag (!)",
  allowed: "plain values",
  remedy: "put the value in single quotes if it merely begins with !, else remove the tag",
};
const COLON: Words = {
  found: "a line without a colon, or a colon too many",
  allowed: "one key and its value a line: `key: value`",
  remedy: "check colon and quotes here and on the line before",
};
const HEAD: Words = {
  found: "a line that begins with %",
  allowed: "no directives",
  remedy: "remove the line",
};

/**
 * The parser's own messages quote the text, and the text may be a password that lost its quotes.
 * So each kind of error has words of ours instead.
 */
export const SYNTAX_WORDS: Readonly<Record<ErrorCode, Words>> = {
  ALIAS_PROPS: ALIAS,
  BAD_ALIAS: ALIAS,
  BAD_DIRECTIVE: HEAD,
  BAD_DQ_ESCAPE: {
    found: "a backslash sequence that does not exist",
    allowed: 'in double quotes a backslash only before n, t, \\, " and the like',
    remedy: "use single quotes, in which a backslash is only a backslash",
  },
  BAD_INDENT: INDENT,
  BAD_PROP_ORDER: ALIAS,
  BAD_SCALAR_START: QUOTE,
  BLOCK_AS_IMPLICIT_KEY: COLON,
  BLOCK_IN_FLOW: COLON,
  DUPLICATE_KEY: COLON,
  IMPOSSIBLE: COLON,
  KEY_OVER_1024_CHARS: COLON,
  MISSING_CHAR: {
    found: "something unfinished",
    allowed: "a colon after each key, and a closing character for each quote or bracket",
    remedy: "add the missing colon, quote or bracket, here or on a line before",
  },
  MULTILINE_IMPLICIT_KEY: COLON,
  MULTIPLE_ANCHORS: ALIAS,
  MULTIPLE_DOCS: {
    found: "a second document (---)",
    allowed: "one document a file",
    remedy: "remove the line --- and what should not be there",
  },
  MULTIPLE_TAGS: TAG,
  NON_STRING_KEY: {
    found: "a key that is not text",
    allowed: "names as keys",
    remedy: "write the key as a plain word",
  },
  RESOURCE_EXHAUSTION: COLON,
  TAB_AS_INDENT: {
    found: "a tab used to indent",
    allowed: "spaces",
    remedy: "replace the tab by spaces",
  },
  TAG_RESOLVE_FAILED: TAG,
  UNEXPECTED_TOKEN: COLON,
  BAD_COLLECTION_TYPE: TAG,
};
