const BEARER = /^Bearer ([\x21-\x7e]{1,256})$/;

/** The token that a request carries (RFC 6750, 2.1). */
export function bearerOf(header: string | undefined): string | undefined {
  return BEARER.exec(header ?? "")?.[1];
}
