import type { z } from "zod";
import { allowedInWords } from "./allowed.ts";
import { crossChecks } from "./cross-checks.ts";
import { type ConfigDocument, readDocument } from "./document.ts";
import { familyIssues, withGuessedFamilies } from "./family-guess.ts";
import { valueAt } from "./found.ts";
import { deepFreeze } from "./freeze.ts";
import { keyTable } from "./key-table.ts";
import type { Problem, Unplaced } from "./problem.ts";
import { type AcquirerCommon, type Config, configSchema, type Families } from "./schema.ts";
import { HTTP_LISTEN_DEFAULT } from "./http-schema.ts";
import type { DrivenCommon } from "./terminal-schema.ts";
import { schemaProblems } from "./schema-problems.ts";
import { warningsOf } from "./warnings.ts";

export type LoadResult<A extends AcquirerCommon, D extends DrivenCommon> =
  | { readonly ok: true; readonly config: Config<A, D>; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** More would not be read. The last of them says how many were left out. */
const MAX_PROBLEMS = 500;

/**
 * Checks a config and finds everything that is wrong with it at once, in the order of the file. Never throws.
 * Touches nothing but the text: what it says about this machine is for `check` to find out.
 */
export function loadConfig<A extends AcquirerCommon, D extends DrivenCommon>(
  text: string,
  families: Families<A, D>,
): LoadResult<A, D> {
  const document = readDocument(text);
  const schema = configSchema(families);
  const parsed = check(schema, document.value);
  if (parsed.success && !document.broken && document.problems.length === 0) {
    const conflicts = crossChecks(document.value, HTTP_LISTEN_DEFAULT);
    if (conflicts.length === 0) {
      const config = deepFreeze(parsed.data);
      return {
        ok: true,
        config,
        warnings: inOrder(warningsOf(config, families).map((unplaced) => document.place(unplaced))),
      };
    }
  }
  return {
    ok: false,
    problems: inOrder([...document.problems, ...beyondSyntax(document, schema, parsed.error?.issues ?? [])]),
  };
}

function beyondSyntax(document: ConfigDocument, schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): Problem[] {
  // Nothing could be read at all: that the sections are missing follows from it.
  if (document.broken && document.value === undefined) return [];
  const unknown = familyIssues(issues);
  const values = unknown.length === 0 ? document.value : withGuessedFamilies(document.value, unknown);
  const all = unknown.length === 0 ? issues : [...unknown, ...(check(schema, values).error?.issues ?? [])];
  const found = [
    ...schemaProblems(all, document, keyTable(schema, values)),
    ...crossChecks(document.value, HTTP_LISTEN_DEFAULT),
  ];
  const certain = document.broken ? found.filter((problem) => isCertain(problem, document.value)) : found;
  return certain.map((unplaced) => document.place(unplaced));
}

/** After a syntax error keys may be missing, empty or in the wrong section only because of it. */
function isCertain({ path, atKey, nearest }: Unplaced, values: unknown): boolean {
  const value = valueAt(values, path);
  return atKey === true ? nearest !== undefined : value !== undefined && value !== null;
}

function check<T extends z.ZodType>(schema: T, values: unknown): z.ZodSafeParseResult<z.output<T>> {
  return schema.safeParse(values, { error: allowedInWords });
}

function inOrder(problems: readonly Problem[]): Problem[] {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  if (sorted.length <= MAX_PROBLEMS) return sorted;
  return [
    ...sorted.slice(0, MAX_PROBLEMS),
    {
      path: "",
      line: 1,
      column: 1,
      found: `${sorted.length - MAX_PROBLEMS} problems more`,
      allowed: "none",
      remedy: "set these right first, then check again",
    },
  ];
}
