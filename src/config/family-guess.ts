import type { z } from "zod";
import { optionsOf } from "./allowed.ts";
import { asList, asSection } from "./found.ts";
import { nearestOf } from "./key-table.ts";

/** Sections whose entries differ by family. */
const LISTS = ["acquirers", "terminals"];

/** Issues that say: this entry's `family` is none that we know. */
export function familyIssues(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.filter(
    (issue) => issue.code === "invalid_union" && LISTS.includes(String(issue.path[0])) && optionsOf(issue).length > 0,
  );
}

/**
 * The values with a likely family where the family is unknown, so that the other keys of such an entry can be
 * checked in the same run. Only for finding problems: nothing starts from a guess.
 */
export function withGuessedFamilies(root: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const lists = LISTS.flatMap((list) => {
    const guesses = new Map(
      issues.filter(({ path }) => path[0] === list).map((issue) => [issue.path[1], optionsOf(issue).map(String)]),
    );
    return guesses.size === 0 ? [] : [[list, guessed(asSection(root)?.[list], guesses)]];
  });
  return { ...asSection(root), ...Object.fromEntries(lists) };
}

function guessed(entries: unknown, guesses: ReadonlyMap<unknown, readonly string[]>): unknown[] {
  return asList(entries).map((entry: unknown, index) => {
    const section = asSection(entry);
    const families = guesses.get(index);
    if (section === undefined || families === undefined) return entry;
    return { ...section, family: nearestOf(String(section["family"]), families) ?? families[0] };
  });
}
