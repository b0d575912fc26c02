import { z } from "zod";

/**
 * A list in the config with a stated bound. zod's own `max` gives up before it looks at the elements;
 * this one reports a list that is too long *and* what is wrong inside it.
 */
export function boundedList<T extends z.ZodType>(element: T, minItems: number, maxItems: number) {
  const allowed = `a list of ${minItems} to ${maxItems}`;
  const fits = (list: readonly unknown[]): boolean => list.length >= minItems && list.length <= maxItems;
  return z
    .array(element, { error: allowed })
    .refine(fits, {
      error: allowed,
      when: ({ value }) => Array.isArray(value),
    })
    .meta({ minItems, maxItems });
}
