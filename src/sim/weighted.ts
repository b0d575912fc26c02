/** Something to choose and how likely it is against the others. */
export type Weighted<T> = readonly [choice: T, weight: number];

/** Picks by weight; the last one where rounding leaves nothing. @param chance  0 ≤ x < 1. */
export function drawWeighted<T>(choices: readonly [Weighted<T>, ...Weighted<T>[]], chance: number): T {
  let left = chance * choices.reduce((sum, [, weight]) => sum + weight, 0);
  let [[drawn]] = choices;
  for (const [choice, weight] of choices) {
    drawn = choice;
    left -= weight;
    if (left < 0) break;
  }
  return drawn;
}
