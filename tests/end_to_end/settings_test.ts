/** What a person sets, as the real program obeys it: own rules, known secrets, suppressions, and all of it anew. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasProgram } from "../support/has_program.ts";
import { startWorld } from "../support/start_world.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const PASSWORD = "correct-horse/" + "battery&staple";
const CORP_TOKEN = "corp-" + "zq7vnf3tkx9blw2rcj5y";
const RULE = {
  id: "corp_token",
  type: "EXFIL",
  severity: "high",
  anchors: ["corp-"],
  regexp: "corp-[a-z0-9]{20}",
  max_length: 25,
  description: "A token of ours.",
  examples: [CORP_TOKEN],
};

Deno.test({
  name: "settings are obeyed from the start on, and others after a reload",
  ignore: !hasProgram("curl"),
  async fn() {
    await using files = await temporaryDirectory();
    const secretFile = join(files.path, ".env");
    const rulesFile = join(files.path, "rules.jsonc");
    await Deno.writeTextFile(secretFile, `DB_PASSWORD='${PASSWORD}'\n`);
    await Deno.writeTextFile(rulesFile, JSON.stringify({ rules: [RULE] }));
    const config = { known_secrets: { files: [secretFile] }, rules_file: rulesFile };
    await using world = await startWorld({ config: { ...config, mode: "block" } });
    const { http } = world.origins;
    const post = async (path: string, body: string) => {
      const { stdout } = await world.curl("-w", "%{http_code}", "-d", body, http.url(`/${path}`));
      const { threats } = await world.evidence(`/${path}`);
      return { status: stdout.slice(-3), threats };
    };

    for (
      const [form, body] of [
        ["plain", `p=${PASSWORD}`],
        ["base64", btoa(`user:${PASSWORD}`)],
        ["percent", encodeURIComponent(PASSWORD)],
      ] as const
    ) {
      const { status, threats } = await post(form, body);
      assert.equal(status, "403", form);
      const [threat] = threats.filter(({ pattern }) => pattern === "known_secret");
      assert.equal(threat?.rule, "known_secret_db_password_in_env", form);
      assert.equal(threat?.action, "blocked", form);
    }
    const own = await post("own-rule", `t=${CORP_TOKEN}`);
    assert.equal(own.status, "403");
    assert.equal(own.threats[0]?.pattern, "corp_token");

    const before = JSON.parse(await Deno.readTextFile(world.clawsec.configFile));
    const suppress = [{ pattern: "corp_token", dest: "127.0.0.1", reason: "a test" }];
    await Deno.writeTextFile(world.clawsec.configFile, JSON.stringify({ ...before, suppress }));
    const reloaded = await world.clawsec.run(["reload"]);
    assert.equal(reloaded.code, 0, reloaded.stderr);
    const suppressed = await post("suppressed", `t=${CORP_TOKEN}`);
    assert.equal(suppressed.status, "200");
    assert.deepEqual(suppressed.threats, []);
    const [report] = (await world.clawsec.status()).suppressions;
    assert.equal(report?.state, "used");

    await Deno.writeTextFile(world.clawsec.configFile, JSON.stringify({ ...before, mode: "off" }));
    const refused = await world.clawsec.run(["reload"]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /mode is "off", must be one of monitor, block\n$/);
    assert.equal((await post("still", `p=${PASSWORD}`)).status, "403", "the old settings go on");
    for await (const { name, isFile } of Deno.readDir(world.clawsec.logDir)) {
      if (!isFile) continue;
      const text = await Deno.readTextFile(join(world.clawsec.logDir, name)).catch(() => "");
      assert.ok(!text.includes(PASSWORD), name);
    }
  },
});
