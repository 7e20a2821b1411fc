/** A shell's variables: whether its programs come to the proxy and trust it. */
import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { agentEnvironment } from "../../src/cli/agent_environment.ts";
import { diagnosisText } from "../../src/cli/diagnosis.ts";
import {
  shellDiagnoses,
  shellVariableNames,
  type ShellVariables,
} from "../../src/cli/shell_diagnosis.ts";
import { variablesOfText } from "../../src/cli/shell_variables.ts";

const OPTIONS = {
  host: "127.0.0.1",
  port: 8888,
  caFile: "/l/ca.crt",
  caBundle: "/l/ca-bundle.crt",
  holdsCa: (path: string) => path.startsWith("/l/"),
  envCommand: "clawsec env",
};
const ALL: ShellVariables = Object.fromEntries(agentEnvironment(OPTIONS));

/** Reason, variables, the states of way, exceptions and trust, words of the first that is not ok. */
const CASES: readonly (readonly [string, ShellVariables, string, RegExp])[] = [
  ["all that clawsec env sets", ALL, "ok ok ok", /^$/],
  ["nothing", {}, "failure ok warning", /no proxy is set: .* goes around the monitor/],
  [
    "only http",
    { ...ALL, HTTPS_PROXY: "", https_proxy: "" },
    "failure ok ok",
    /HTTPS_PROXY is not/,
  ],
  [
    "another port",
    { ...ALL, HTTPS_PROXY: "http://127.0.0.1:1" },
    "failure ok ok",
    /^HTTPS_PROXY lead/,
  ],
  ["another host", { ...ALL, http_proxy: "http://p:8888" }, "failure ok ok", /^http_proxy lead/],
  [
    "loopback by name, and a user",
    { ...ALL, HTTP_PROXY: "http://me:x@localhost:8888" },
    "ok ok ok",
    /^$/,
  ],
  ["no scheme", { ...ALL, HTTP_PROXY: "127.0.0.1:8888" }, "ok ok ok", /^$/],
  ["an exception", { ...ALL, NO_PROXY: "localhost, .corp" }, "ok warning ok", /monitor: \.corp$/],
  ["everything an exception", { ...ALL, no_proxy: "*" }, "ok failure ok", /monitor: \*$/],
  ["another bundle", { ...ALL, SSL_CERT_FILE: "/etc/x" }, "ok ok failure", /^SSL_CERT_FILE name/],
  ["one runtime untold", { ...ALL, PIP_CERT: undefined }, "ok ok warning", /^not set: PIP_CERT;/],
];

for (const [reason, variables, states, words] of CASES) {
  Deno.test(`\`shellDiagnoses()\` judges ${reason}`, () => {
    const diagnoses = shellDiagnoses(variables, OPTIONS);
    assert.equal(diagnoses.map(({ state }) => state).join(" "), states);
    const bad = diagnoses.find(({ state }) => state !== "ok");
    assert.match(bad?.text ?? "", words);
    assert.equal(bad?.remedy === undefined, bad === undefined);
  });
}

Deno.test("`shellVariableNames()` are those that the task may read", () => {
  const allowed = /--allow-env=(\S+)/.exec(project.tasks.doctor.command)?.[1];
  assert.equal(allowed, ["CLAWSEC_*", ...shellVariableNames(OPTIONS)].join(","));
});

Deno.test("`variablesOfText()` reads what env prints", () => {
  const text = "A=1\nHTTPS_PROXY=http://x/?a=b\nLONG=one\ntwo\nNO_PROXY=\n";
  assert.deepEqual(variablesOfText(text, ["HTTPS_PROXY", "NO_PROXY"]), {
    HTTPS_PROXY: "http://x/?a=b",
    NO_PROXY: "",
  });
});

Deno.test("`diagnosisText()` puts a remedy below what it mends", () => {
  assert.equal(
    diagnosisText([
      { check: "a", state: "ok", text: "b" },
      { check: "c", state: "failure", text: "d", remedy: "e" },
    ]),
    "ok       a: b\nFAILURE  c: d\n         to mend it: e\n",
  );
});
