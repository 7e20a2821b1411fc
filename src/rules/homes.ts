/** Says where credentials belong, in the few forms that recur. */
import type { Home } from "../scan/rule.ts";

/** Makes the homes of a credential that travels as `Authorization: …`. */
export function bearerHomes(...hosts: readonly string[]): readonly Home[] {
  return headerHomes(["authorization"], ...hosts);
}

/** Makes the homes of a credential its issuer reads from one of these lower-case headers. */
export function headerHomes(
  headers: readonly string[],
  ...hosts: readonly string[]
): readonly Home[] {
  return hosts.map((host) => ({ host, headers }));
}
