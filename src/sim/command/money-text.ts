/** `1234.50 CNY`. @param fen  Whole. */
export function yuan(fen: number): string {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")} CNY`;
}
