import { z } from "zod";
import { isSection } from "../runtime/tls-options.ts";

/** Section `health`: from where on something is a trouble. */
export const health = z.strictObject({
  certificateDays: z
    .strictObject({
      warn: z.int().min(1).max(365).default(30).describe("Days before a certificate ends from which health warns."),
      fail: z.int().min(0).max(364).default(7).describe("Days before its end from which it counts as failing."),
    })
    .refine(({ warn, fail }) => fail < warn, {
      error: "fewer days than warn",
      params: { remedy: "make fail smaller than warn" },
      path: ["fail"],
      when: isSection,
    })
    .prefault({})
    .describe("How long before its end a certificate, ours or a peer's, is a trouble."),
});
