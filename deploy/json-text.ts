/** Columns, as in .oxfmtrc.json: generated files have to pass `npm run format:check`. */
const LINE_WIDTH = 120;

/** JSON as the formatter writes it: lists of single values on one line where they fit. */
export function jsonText(value: unknown): string {
  return `${written(value, "", 0)}\n`;
}

/** @param before  Columns that the key before the value takes. */
function written(value: unknown, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => written(item, deeper, 0));
    const line = `[${items.join(", ")}]`;
    const isShort = !line.includes("{") && indent.length + before + line.length < LINE_WIDTH;
    return isShort ? line : `[\n${items.map((item) => deeper + item).join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, member]) => {
    const name = `${JSON.stringify(key)}: `;
    return deeper + name + written(member, deeper, name.length);
  });
  return members.length === 0 ? "{}" : `{\n${members.join(",\n")}\n${indent}}`;
}
