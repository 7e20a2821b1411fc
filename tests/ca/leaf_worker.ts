/** A worker for `leaf_store_test.ts`: mints leaves with the CA it is sent, and tries what it may not do. */

import { type CertificateAuthority, LeafStore } from "../../src/ca/leaf_store.ts";

interface Order {
  readonly authority: CertificateAuthority;
  readonly hosts: readonly string[];
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data: { authority, hosts } }) => {
  const store = new LeafStore(authority, { now: Date.now });
  const leaves = await Promise.all(hosts.map((host) => store.leafFor(host)));
  const forbidden: readonly (readonly [string, () => unknown])[] = [
    ["read", () => Deno.readTextFileSync("/etc/hostname")],
    ["write", () => Deno.writeTextFileSync("/tmp/clawsec-leaf-worker", "")],
    ["run", () => new Deno.Command("true").outputSync()],
    ["env", () => Deno.env.get("HOME")],
    ["sys", () => Deno.hostname()],
    ["exportKey", () => crypto.subtle.exportKey("pkcs8", authority.privateKey)],
  ];
  const denied: string[] = [];
  for (const [name, act] of forbidden) {
    try {
      await act();
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable || error instanceof DOMException) {
        denied.push(name);
      }
    }
  }
  scope.postMessage({ leaves, denied });
};
