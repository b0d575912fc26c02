/**
 * Numbers from 0 ≤ x < 1 that are the same for the same seed, so that a run can be played again.
 * The generator is mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough for shops and weather.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
