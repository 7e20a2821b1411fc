/**
 * Certificates for the origins of the tests, made by `openssl`: not by the code under test, so that
 * nobody agrees with his own mistakes. One trusted one, and one for each way a certificate can be wrong.
 */

/** A certificate and its key, PEM. */
export interface TestIdentity {
  readonly certPem: string;
  readonly keyPem: string;
}

/** What `makeTestCertificates()` makes. */
export interface TestCertificates {
  /** File with the root to trust: `upstream_ca_file`. */
  readonly caFile: string;
  /** For localhost, 127.0.0.1 and ::1, from the CA. */
  readonly trusted: TestIdentity;
  /** As trusted, but ended in 2021. */
  readonly expired: TestIdentity;
  /** As trusted, but begins in 2090. */
  readonly notYetValid: TestIdentity;
  /** From the CA, for wrong.example only. */
  readonly wrongHost: TestIdentity;
  /** For the right names, signed by its own key. */
  readonly selfSigned: TestIdentity;
  /** For the right names, from a CA nobody trusts. */
  readonly unknownIssuer: TestIdentity;
}

const NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1";
const LONG_AGO = "20200101000000Z";
const FAR_AWAY = "20991231235959Z";

/** Everything `openssl ca` insists on; dates are the reason that it is used. */
const CONFIG = `
[ca]
default_ca = default
[default]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = ignored
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $ENV::SAN
`;

/** Makes the certificates in `directory`; takes some 150 ms. */
export async function makeTestCertificates(directory: string): Promise<TestCertificates> {
  await Deno.writeTextFile(`${directory}/openssl.cnf`, CONFIG);
  await Deno.writeTextFile(`${directory}/index.txt`, "");
  const workshop = new Workshop(directory);
  await workshop.makeRoot("ca");
  await workshop.makeRoot("other-ca");
  const issued = (name: string, options: Partial<IssueOptions> = {}) =>
    workshop.issue({ name, authority: "ca", san: NAMES, from: LONG_AGO, to: FAR_AWAY, ...options });
  return {
    caFile: `${directory}/ca.crt`,
    trusted: await issued("trusted"),
    expired: await issued("expired", { to: "20210101000000Z" }),
    notYetValid: await issued("not-yet", { from: "20900101000000Z" }),
    wrongHost: await issued("wrong-host", { san: "DNS:wrong.example" }),
    selfSigned: await workshop.selfSign("self-signed"),
    unknownIssuer: await issued("unknown-issuer", { authority: "other-ca" }),
  };
}

interface IssueOptions {
  readonly name: string;
  readonly authority: string;
  readonly san: string;
  readonly from: string;
  readonly to: string;
}

class Workshop {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async makeRoot(name: string): Promise<void> {
    await this.#makeKey(name);
    await this.#openssl(
      "req -config openssl.cnf -x509 -extensions root -days 3650 -sha256",
      ["-subj", `/CN=Test root ${name}`, "-key", `${name}.key`, "-out", `${name}.crt`],
    );
  }

  async issue({ name, authority, san, from, to }: IssueOptions): Promise<TestIdentity> {
    await this.#makeKey(name);
    await this.#openssl("req -config openssl.cnf -new", [
      ...["-subj", `/CN=${name}`, "-key", `${name}.key`, "-out", `${name}.csr`],
    ]);
    await this.#openssl(`ca -config openssl.cnf -batch -notext -startdate ${from} -enddate ${to}`, [
      ...["-cert", `${authority}.crt`, "-keyfile", `${authority}.key`],
      ...["-in", `${name}.csr`, "-out", `${name}.crt`],
    ], san);
    return await this.#identity(name);
  }

  async selfSign(name: string): Promise<TestIdentity> {
    await this.#makeKey(name);
    await this.#openssl("req -config openssl.cnf -x509 -extensions leaf -days 30 -sha256", [
      ...["-subj", `/CN=${name}`, "-key", `${name}.key`, "-out", `${name}.crt`],
    ], NAMES);
    return await this.#identity(name);
  }

  async #identity(name: string): Promise<TestIdentity> {
    const [certPem, keyPem] = await Promise.all([
      Deno.readTextFile(`${this.#directory}/${name}.crt`),
      Deno.readTextFile(`${this.#directory}/${name}.key`),
    ]);
    return { certPem, keyPem };
  }

  async #makeKey(name: string): Promise<void> {
    const parameters = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    await this.#openssl(parameters, ["-out", `${name}.key`]);
  }

  async #openssl(words: string, args: readonly string[], san = NAMES): Promise<void> {
    const { success, stderr } = await new Deno.Command("openssl", {
      args: [...words.split(" "), ...args],
      cwd: this.#directory,
      env: { SAN: san },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(`Cannot run openssl ${words}: ${new TextDecoder().decode(stderr)}`);
    }
  }
}
