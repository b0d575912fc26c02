import { z } from "zod";

/** Text with words for what it may be. */
export const text = (allowed: string) => z.string({ error: allowed });

export const printable = (max: number) => {
  const words = `1 to ${max} printable ASCII characters, no space at either end`;
  return text(words).regex(new RegExp(`^(?! )[\\x20-\\x7E]{1,${max}}(?<! )$`));
};
