import { type Role, ROLES } from "../../src/domain/role.ts";
import { Access, LOCAL_NAME } from "../../src/http/access.ts";
import { Secret } from "../../src/runtime/secret.ts";

/** The token of `{role}-1`. */
export function tokenOf(role: string): Secret {
  return new Secret(`the-token-of-somebody-who-is-${role}`);
}

/** One token of each role, and the gateway's own. */
export function accessWith(local: Secret | undefined): Access {
  return new Access([
    ...ROLES.map((role: Role) => ({ name: `${role}-1`, role, secret: tokenOf(role) })),
    ...(local === undefined ? [] : [{ name: LOCAL_NAME, role: "admin" as const, secret: local }]),
  ]);
}
