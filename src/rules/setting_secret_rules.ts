/** Secrets in the settings of well-known programs, told by the place or the name that each documents. */
import type { Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { gradePassword } from "./password_look.ts";

/** A value in quotes or not: to the end of its word. */
const VALUE = "\\\\?[\"']?(?<secret>[^\\s\"'\\\\<>,;&|`]{6,160})";

/** `name = value`, `name: value`, `"name": "value"`, `name => value`, `name value`. */
const ASSIGNED = "\\\\?[\"'\\]]{0,2}\\s{0,3}(?::=|=>|[:= ])\\s{0,3}";

/** Variables and settings that hold a password or a signing key, as their programs document them. */
const NAMED_SETTINGS: readonly string[] = [
  // PostgreSQL, MySQL, Redis, MongoDB and RabbitMQ clients and images.
  ...["pgpassword", "postgres_password", "mysql_pwd", "mysql_password", "mysql_root_password"],
  ...["mariadb_root_password", "redis_password", "mongo_initdb_root_password"],
  ...["rabbitmq_default_pass", "mssql_sa_password", "db_password", "database_password"],
  // sshpass, rsync, Ansible, Terraform.
  ...["rsync_password", "ansible_password", "ansible_ssh_pass", "ansible_become_pass"],
  ...["ansible_sudo_pass", "administrator_login_password", "master_password", "tf_var_"],
  // Rails, Django, Flask, Laravel, NextAuth, and what signs sessions and tokens elsewhere.
  ...["secret_key_base", "rails_master_key", "flask_secret_key", "app_key", "nextauth_secret"],
  ...["jwt_secret", "session_secret", "cookie_secret", "encryption_key"],
  // Gradle, Android, Java, Spring, Grafana, mail.
  ...[
    "npmauthtoken",
    ":_password",
    "storepassword",
    "keypassword",
    "signing.password",
    "keystore_password",
  ],
  ...["datasource.password", "gf_security_admin_password", "smtp_password", "email_host_password"],
  // Directories, wireless networks, Redis.
  ...["bindpw", "bind_password", "wpa_passphrase", "sae_password", "requirepass", "masterauth"],
];

/** Longest password in the settings of a Kubernetes Secret, and how far it is from the kind. */
const MAX_SECRET_GAP = 500;

const RULES: readonly Omit<Rule, "type" | "severity" | "directions" | "concealed">[] = [
  {
    id: "program_secret_setting",
    pattern: "setting_secret",
    anchors: [...NAMED_SETTINGS, "sshpass="],
    regexp: new RegExp(
      `(?:(?:${
        NAMED_SETTINGS.map((name) => name.replaceAll(".", "\\.")).join("|")
      })[a-z0-9_]{0,32}${ASSIGNED}|sshpass=)(?<prefix>base64:)?${VALUE}`,
      "i",
    ),
    maxLength: 260,
    verify: gradeSetting,
    description: "A password or signing key in a setting that is known to hold one.",
    source:
      "https://www.postgresql.org/docs/current/libpq-envars.html, https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html, https://guides.rubyonrails.org/security.html",
    examples: [
      "PGPASSWORD=" + "t7Qz-x9w4Lk2 psql -h db -U app",
      "ansible_become_pass: '" + "t7Qz-x9w4Lk2'",
      "APP_KEY=base64:" + "dDdRei14OXc0TGsyIW1tdDdRei14OXc0TGsy",
    ],
    nonExamples: [
      "POSTGRES_PASSWORD=postgres",
      "PGPASSWORD=$DB_PASS psql",
      "JWT_SECRET=your-256-bit-secret",
      "secret_key_base: <%= ENV['SECRET_KEY_BASE'] %>",
    ],
  },
  {
    id: "django_secret_key",
    pattern: "setting_secret",
    anchors: ["secret_key"],
    // Fifty characters as its generator makes them; other programs give the name to anything.
    regexp: new RegExp(
      `secret_key${ASSIGNED}\\\\?["'](?<secret>[A-Za-z0-9!@#$%^&*(_=+)-]{40,100})["']`,
      "i",
    ),
    maxLength: 140,
    verify: gradePassword,
    description: "The key with which a Django site signs sessions and tokens.",
    source: "https://docs.djangoproject.com/en/stable/ref/settings/#secret-key",
    examples: ['SECRET_KEY = "' + '8#k$2m!v9x(q7z@w4n^b6c*t1r^y5u)i3o-p0a+s=d_f"'],
    nonExamples: [
      "SECRET_KEY = os.environ['SECRET_KEY']",
      'SECRET_KEY = "your-secret-key-that-is-longer-than-forty-characters"',
    ],
  },
  {
    id: "sql_password",
    pattern: "database_password",
    anchors: [
      "identified",
      ...["create", "alter"].flatMap((verb) =>
        ["user", "role", "login"].map((noun) => `${verb} ${noun}`)
      ),
      "password('",
    ],
    regexp: new RegExp(
      "(?:(?:identified\\s{1,3}(?:with\\s{1,3}[\\w'\"]{1,40}\\s{1,3})?by(?:\\s{1,3}password)?\\s{1,3}|" +
        "(?:create|alter) (?:user|role|login)\\s[^;'\\n]{1,120}?password\\s{0,3}=?\\s{0,3})" +
        "\\\\?[\"']|password\\(')(?<secret>[^\\s\"'\\\\]{4,100})[\"']",
      "i",
    ),
    maxLength: 280,
    verify: gradePassword,
    description: "A password in an SQL statement that makes or changes a user.",
    source:
      "https://dev.mysql.com/doc/refman/en/create-user.html, https://www.postgresql.org/docs/current/sql-createrole.html",
    examples: [
      "CREATE USER app IDENTIFIED BY '" + "t7Qz-x9w4Lk2';",
      "ALTER ROLE app WITH LOGIN PASSWORD '" + "t7Qz-x9w4Lk2';",
      "SET PASSWORD FOR app = PASSWORD('" + "t7Qz-x9w4Lk2');",
    ],
    nonExamples: [
      "CREATE USER app IDENTIFIED BY 'password';",
      "users are identified by their addresses",
      "ALTER ROLE app WITH PASSWORD '<password>';",
    ],
  },
  {
    id: "kubernetes_secret_value",
    pattern: "kubernetes_secret",
    anchors: ["kind: secret", 'kind":"secret"', 'kind": "secret"'],
    regexp: new RegExp(
      `kind(?:: Secret|": ?"Secret")(?![A-Za-z])[^]{0,${MAX_SECRET_GAP}}?` +
        "(?:pass(?:word|wd|phrase)?|pwd|token|secret|key|credentials?)\\\\?[\"']?:\\s{0,3}" +
        "\\\\?[\"']?(?<secret>[A-Za-z0-9+/=_.!@#$%^*-]{6,400})(?![A-Za-z0-9+/=_-])",
      "i",
    ),
    maxLength: MAX_SECRET_GAP + 460,
    verify: gradeKubernetesValue,
    description: "A value of a Kubernetes Secret, plain or in base64.",
    source: "https://kubernetes.io/docs/concepts/configuration/secret/",
    examples: [
      "kind: Secret\nmetadata:\n  name: db\ndata:\n  password: " + "dDdRei14OXc0TGsyIW1t\n",
      "kind: Secret\nmetadata:\n  name: db\nstringData:\n  password: " + "t7Qz-x9w4Lk2\n",
    ],
    nonExamples: [
      "kind: Secret\nmetadata:\n  name: db\ndata:\n  password: cGFzc3dvcmQ=\n",
      "kind: SecretStore\nspec:\n  key: " + "t7Qz-x9w4Lk2\n",
    ],
  },
  {
    id: "xml_password",
    pattern: "setting_secret",
    anchors: [
      "<password>",
      "<passphrase>",
      'password" value="',
      'pwd" value="',
      'secret" value="',
      'apikey" value="',
    ],
    regexp:
      /(?:<pass(?:word|phrase)>|(?:password|pwd|secret|apikey)" value=")(?<secret>[^\s"<>\\]{6,120})(?=["<])/i,
    maxLength: 170,
    verify: gradePassword,
    description:
      "A password in an XML setting: Maven's servers, .NET's appSettings, Tomcat's users.",
    source: "https://maven.apache.org/settings.html#Servers",
    examples: [
      "<server><id>nexus</id><password>" + "t7Qz-x9w4Lk2</password></server>",
      '<add key="ApiPassword" value="' + 't7Qz-x9w4Lk2" />',
    ],
    nonExamples: ["<password>${env.NEXUS_PASSWORD}</password>", "<password>password</password>"],
  },
  {
    id: "terraform_secret_default",
    pattern: "setting_secret",
    anchors: ['variable "'],
    regexp:
      /variable "[^"\n]{0,40}(?:password|secret|token|api_key)[^"\n]{0,20}"\s{0,3}\{[^}]{0,200}?default\s{0,12}=\s{0,4}"(?<secret>[^"\n]{6,120})"/i,
    maxLength: 440,
    verify: gradePassword,
    description: "The default of a Terraform variable that holds a secret.",
    source: "https://developer.hashicorp.com/terraform/language/values/variables",
    examples: ['variable "db_password" {\n  default = "' + 't7Qz-x9w4Lk2"\n}'],
    nonExamples: ['variable "db_password" {\n  type = string\n}', 'variable "region" {}'],
  },
  {
    id: "wireless_passphrase",
    pattern: "setting_secret",
    anchors: ["psk=", "psk =", ".psk ", "wifi:t:", "wifi:s:"],
    regexp:
      /(?:(?<![A-Za-z0-9_])psk ?= ?|\.psk |WIFI:[ST]:[^\s"]{1,80}?;P:)\\?"?(?<secret>[^\s"\\;<>]{8,64})/i,
    maxLength: 170,
    verify: gradePassword,
    description: "The passphrase of a wireless network.",
    source: "https://w1.fi/cgit/hostap/plain/wpa_supplicant/wpa_supplicant.conf",
    examples: [
      'network={\n  ssid="Home"\n  psk="' + 't7Qz-x9w4Lk2"\n}',
      "WIFI:T:WPA;S:Home;P:" + "t7Qz-x9w4Lk2;;",
    ],
    nonExamples: ['psk="your-passphrase"', "psk=$PSK"],
  },
  {
    id: "jdbc_password",
    pattern: "database_password",
    anchors: ["jdbc:"],
    regexp:
      /jdbc:[a-z0-9:]{2,30}\/\/[^\s"'<>]{1,160}?[?&;]password=(?<secret>[^\s"'&;<>\\]{4,80})/i,
    maxLength: 300,
    verify: gradePassword,
    description: "A password among the parameters of a JDBC URL.",
    source: "https://jdbc.postgresql.org/documentation/use/#connection-parameters",
    examples: ["jdbc:postgresql://db/shop?password=" + "t7Qz-x9w4Lk2&ssl=true"],
    nonExamples: ["jdbc:mysql://db/shop?password=password", "jdbc:mysql://db/shop?password=${PW}"],
  },
  {
    id: "oracle_thin_password",
    pattern: "database_password",
    anchors: ["jdbc:oracle:"],
    regexp: /jdbc:oracle:(?:thin|oci):[A-Za-z0-9_$#]{1,64}\/(?<secret>[^\s"'@\/<>]{4,80})@/i,
    maxLength: 170,
    verify: gradePassword,
    description: "A user name and password in an Oracle JDBC URL.",
    source:
      "https://docs.oracle.com/en/database/oracle/oracle-database/23/jjdbc/data-sources-and-URLs.html",
    examples: ["jdbc:oracle:thin:app/" + "t7Qz-x9w4Lk2@db:1521/XE"],
    nonExamples: ["jdbc:oracle:thin:scott/password@db:1521/XE", "jdbc:oracle:thin:@db:1521/XE"],
  },
  {
    id: "basic_auth_call",
    pattern: "basic_auth",
    anchors: ["auth=(", "basicauth(", "basic_auth("],
    regexp:
      /(?:auth=|basic_?auth)\(\s?\\?["'][^"'\n\\]{1,64}\\?["'],\s?\\?["'](?<secret>[^\s"'\\]{4,80})\\?["']/i,
    maxLength: 190,
    verify: gradePassword,
    description: "A user name and password in a call that makes a Basic authorization of them.",
    source: "https://requests.readthedocs.io/en/latest/user/authentication/",
    examples: ['requests.get(url, auth=("bob", "' + 't7Qz-x9w4Lk2"))'],
    nonExamples: ['requests.get(url, auth=("user", "pass"))', 'auth=("user", os.environ["PW"])'],
  },
  {
    id: "ldap_password_hash",
    pattern: "password_hash",
    anchors: ["{ssha", "{sha}", "{smd5}", "{pbkdf2-sha"],
    regexp:
      /\{(?:SSHA(?:256|384|512)?|SHA|SMD5|PBKDF2-SHA(?:1|256|512))\}(?<secret>[A-Za-z0-9+/.$=]{24,200})(?![A-Za-z0-9+/=])/,
    maxLength: 220,
    description:
      "A hash of a directory user's password, as LDIF files and slapd's settings hold it.",
    source: "RFC 2307 §5.3",
    examples: ["olcRootPW: {SSHA}" + "x9Kd2mPq7Zt4Vw8Rb1Yc6Nf3Lh5Gs0Ju"],
    nonExamples: ["userPassword: {SSHA}...", "the {SSHA} scheme"],
  },
  {
    id: "digest_authorization",
    pattern: "digest_auth",
    anchors: ["digest username="],
    regexp:
      /digest username="[^"\n]{1,80}"[^\n]{1,400}?response="(?<secret>[0-9a-f]{32}(?:[0-9a-f]{32})?)"/i,
    maxLength: 600,
    // The hash is good for one request; a weak password can be guessed from it.
    verify: () => "low",
    description: "The answer to an HTTP Digest challenge.",
    source: "RFC 7616 §3.4",
    examples: [
      'Authorization: Digest username="bob", realm="r", nonce="a1", uri="/", response="' +
      '6629fae49393a05397450978507c4ef1"',
    ],
    nonExamples: ['WWW-Authenticate: Digest realm="r", nonce="a1"'],
  },
];

/** Every rule of this kind. */
export const SETTING_SECRET_RULES: readonly Rule[] = RULES.map((rule) => ({
  ...rule,
  type: "EXFIL",
  severity: "medium",
  directions: ["outbound"],
  concealed: true,
}));

/** Laravel writes its key in base64, which has no look of its own. */
function gradeSetting(match: RuleMatch): Verdict {
  const { secret, groups } = match;
  if (groups["prefix"] !== undefined) {
    return /^[A-Za-z0-9+/]{20,100}={0,2}$/.test(secret) ? "medium" : "info";
  }
  return gradePassword(match);
}

/** A value under `data` is base64 of the secret; one under `stringData` is the secret itself. */
function gradeKubernetesValue({ secret }: RuleMatch): Verdict {
  const graded = gradePassword({ secret });
  try {
    const decoded = atob(secret);
    return /^[\x20-\x7e\s]{4,}$/.test(decoded) ? gradePassword({ secret: decoded }) : graded;
  } catch {
    // Not base64: it is the secret.
    return graded;
  }
}
