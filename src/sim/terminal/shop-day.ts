import type { Card } from "./card.ts";

/** How many customers come in each hour of the day, against the mean of the opening hours. Lunch and evening stand out. */
const BUSYNESS: readonly number[] = [
  0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.6, 0.7, 0.9, 1.1, 1.5, 1.2, 0.8, 0.8, 0.9, 1.1, 1.5, 1.6, 1.3, 0.8, 0.4,
  0.2,
];

/** @param hour  Of the shop's day, 0 ≤ x < 24, with fractions. */
export function busyness(hour: number): number {
  return BUSYNESS[Math.floor(hour) % 24] ?? 1;
}

/** ms until the next customer: customers come on their own, hence exponential gaps. */
export function gapMs(perMinute: number, random: () => number): number {
  return (-Math.log(1 - random()) / perMinute) * 60_000;
}

/** A price in fen, as shops make them: many small, few large, most of them ending in .00, .80 or .90. */
export function price(medianFen: number, random: () => number): number {
  // Box-Muller; amounts in shops are close to log-normal.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const fen = Math.min(Math.max(100, Math.round(medianFen * Math.exp(normal))), 9_999_900);
  const ending = random();
  if (ending < 0.4) return Math.ceil(fen / 100) * 100;
  if (ending < 0.7) return Math.ceil(fen / 100) * 100 - 10;
  if (ending < 0.8) return Math.ceil(fen / 100) * 100 - 20;
  return fen;
}

/** Regular customers come more often than strangers. @returns one of the deck. */
export function drawCard(deck: readonly [Card, ...Card[]], random: () => number): Card {
  return deck[Math.floor(random() * random() * deck.length)] ?? deck[0];
}
