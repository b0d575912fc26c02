import { z } from "zod";

/**
 * Says in words what a schema allows, for issues whose schema has no words of its own. Given to zod as its error map.
 */
export function allowedInWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return oneOf(issue.values);
    case "invalid_union":
      return oneOf(optionsOf(issue));
    case "invalid_type":
    case "too_small":
    case "too_big":
      return issue.schema === undefined ? "another value" : wordsOf(issue.schema);
    default:
      return "another value";
  }
}

function wordsOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodNumber) return `a whole number from ${schema.minValue} to ${schema.maxValue}`;
  if (schema instanceof z.ZodString) return textInWords(schema.minLength ?? 0, schema.maxLength);
  if (schema instanceof z.ZodBoolean) return "true or false";
  if (schema instanceof z.ZodArray) return "a list";
  return "a section of keys with values";
}

function textInWords(shortest: number, longest: number | null): string {
  return longest === null ? "text" : `text of ${shortest} to ${longest} characters`;
}

/** The values that a discriminator such as `family` may have; none for other unions. */
export function optionsOf(issue: object): readonly unknown[] {
  const options: readonly unknown[] = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
  // zod says null for a key that may be left out.
  return options.filter((option) => option !== null && option !== undefined);
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of: ${values.map(String).join(", ")}`;
}
