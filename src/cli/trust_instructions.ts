/**
 * The CA certificate's path → how each system and runtime comes to trust it. Text only; where a
 * command changes the machine, it is the person who runs it.
 */
import { quoteWord } from "./quote_word.ts";

/** A place that has its own idea of whom to trust. */
interface TrustRecipe {
  readonly where: string;
  /** Commands, with the certificate's path as a quoted word. */
  readonly commands: (path: string) => readonly string[];
}

const RECIPES: readonly TrustRecipe[] = [
  {
    where: "Debian, Ubuntu, Alpine",
    commands: (path) => [
      `sudo cp ${path} /usr/local/share/ca-certificates/clawsec.crt`,
      "sudo update-ca-certificates",
    ],
  },
  {
    where: "Fedora, RHEL",
    commands: (path) => [
      `sudo cp ${path} /etc/pki/ca-trust/source/anchors/clawsec.crt`,
      "sudo update-ca-trust",
    ],
  },
  { where: "Arch", commands: (path) => [`sudo trust anchor --store ${path}`] },
  {
    where: "macOS",
    commands: (path) => [
      "sudo security add-trusted-cert -d -r trustRoot " +
      `-k /Library/Keychains/System.keychain ${path}`,
    ],
  },
  { where: "Windows", commands: (path) => [`certutil -addstore -f Root ${path}`] },
  {
    where: "Chromium, Chrome on Linux",
    commands: (path) => [
      `certutil -d sql:"$HOME/.pki/nssdb" -A -t C,, -n clawsec -i ${path}`,
    ],
  },
  {
    where: "Java",
    commands: (path) => [
      `keytool -importcert -noprompt -cacerts -storepass changeit -alias clawsec -file ${path}`,
    ],
  },
  { where: "curl", commands: (path) => [`curl --cacert ${path} …`] },
  { where: "git", commands: (path) => [`git config --global http.sslCAInfo ${path}`] },
  { where: "npm", commands: (path) => [`npm config set cafile ${path}`] },
  {
    where: "Node",
    commands: (path) => [`NODE_EXTRA_CA_CERTS=${path} NODE_USE_ENV_PROXY=1 node …`],
  },
  { where: "Deno", commands: (path) => [`DENO_CERT=${path} deno …`] },
  {
    where: "Python: requests, httpx, urllib; Go on Linux",
    commands: (path) => [`REQUESTS_CA_BUNDLE=${path} SSL_CERT_FILE=${path} …`],
  },
];

/**
 * Tells how to trust the certificate at `path`, beginning with `envCommand`, which does for one
 * agent what the rest does for a machine.
 */
export function trustInstructions(path: string, envCommand: string): string {
  const word = quoteWord(path, "sh");
  const recipes = RECIPES.map(({ where, commands }) =>
    `${where}:\n${commands(word).map((line) => `  ${line}\n`).join("")}`
  );
  return [
    `For one agent, without changing the machine:\n  eval "$(${envCommand})"\n`,
    ...recipes,
    "Whoever has the key beside this certificate can read what those who trust it encrypt.\n" +
    "Trust it where the agent runs, and remove it when the proxy goes.\n",
  ].join("\n");
}
