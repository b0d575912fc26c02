/** Ends an exhaustive `switch`: reaching it is a bug of ours, never bad input. */
export function assertNever(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
