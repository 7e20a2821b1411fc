/** A program for `ca_files_test.ts`: loads or makes the CA in a directory and says which it has. */

import { loadOrCreateCa } from "../../src/ca/ca_files.ts";

const { certPem, created } = await loadOrCreateCa(Deno.args[0]!);
console.log(JSON.stringify({ certPem, created }));
