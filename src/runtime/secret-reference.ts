import { z } from "zod";

/** File names that systemd accepts for credentials (systemd.exec(5), LoadCredential=). */
const CREDENTIAL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** What a config may hold in place of a secret, in words. */
export const SECRET_REFERENCE_IN_WORDS =
  "a reference to a secret, never the secret itself: { credential: NAME } for a systemd credential or { file: /PATH }";

/** Where a secret is kept. The only form in which a secret can stand in the config. */
export const secretReference = z
  .union(
    [
      z.strictObject({
        credential: z.string().regex(CREDENTIAL_NAME).describe("Name of a file in $CREDENTIALS_DIRECTORY."),
      }),
      z.strictObject({
        file: z.string().regex(/^\//).describe("Absolute path of a file that only the daemon may read."),
      }),
    ],
    { error: SECRET_REFERENCE_IN_WORDS },
  )
  .meta({ id: "SecretReference" });

export type SecretReference = z.output<typeof secretReference>;

/** How people see it: `credential NAME` or `file PATH`. */
export function displayReference(reference: SecretReference): string {
  return "credential" in reference ? `credential ${reference.credential}` : `file ${reference.file}`;
}
