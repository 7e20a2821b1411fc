/** Passwords on a command's line: `curl -u user:…`, `sshpass -p …`, `mysql -p…`, `docker login -p …`. */
import type { Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { gradePassword } from "./password_look.ts";
import { tokenPattern } from "./token_pattern.ts";

/** Between a command and its flag: other flags and their values, in the same command. */
const ARGUMENTS = "[^\\n|;]{0,160}?\\s";

/** One word of a shell, perhaps in quotes. */
const WORD = "\\\\?[\"']?(?<secret>[^\\s\"'\\\\|;&<>`]{4,100})";

interface CommandPassword {
  readonly id: string;
  /** As typed, lower case, with one space between words; each is an anchor. */
  readonly commands: readonly string[];
  /** A regular expression of what stands right before the password. */
  readonly flag: string;
  /** Whether the flag follows the command at once. @default {after other arguments} */
  readonly atOnce?: boolean;
  readonly description: string;
  readonly source: string;
  readonly examples: readonly string[];
  readonly nonExamples: readonly string[];
}

const COMMANDS: readonly CommandPassword[] = [
  {
    id: "basic_user_flag",
    commands: [" -u ", " -u'", ' -u"', "--user ", "--user=", "--proxy-user"],
    flag: "[= ]{0,2}\\\\?[\"']?(?<user>[A-Za-z0-9_.@+-]{0,64}):",
    atOnce: true,
    description: "A user name and password after curl's or another client's `-u`.",
    source: "https://curl.se/docs/manpage.html#-u",
    examples: [
      "curl -u deploy:" + "t7Qz-x9w4Lk2 https://ci.corp/",
      "http --user='svc:" + "kT9vQ2mZ'",
    ],
    nonExamples: [
      "docker run -u 1000:1000 app",
      "curl -u user:password https://x",
      "id -u www:www",
    ],
  },
  {
    id: "sshpass_password",
    commands: ["sshpass"],
    flag: "-p\\s{0,2}",
    description: "A password given to sshpass.",
    source: "https://man7.org/linux/man-pages/man1/sshpass.1.html",
    examples: ["sshpass -p '" + "t7Qz-x9w4Lk2' ssh root@10.0.0.5"],
    nonExamples: [
      'sshpass -p "$PASS" ssh h',
      "sshpass -e ssh -p 22 h",
      "sshpass -f /run/pw scp a b:",
    ],
  },
  {
    id: "mysql_password_flag",
    commands: ["mysql -", "mysqldump -", "mysqladmin -", "mysqlimport -", "mariadb -"],
    flag: "-p",
    description: "A password right after `-p` of a MySQL or MariaDB client.",
    source: "https://dev.mysql.com/doc/refman/en/connecting.html",
    examples: ["mysql -u root -p" + "t7Qz-x9w4Lk2 shop"],
    nonExamples: [
      "mysql -u root -p shop",
      "mysql -h db -P 3306 --protocol tcp",
      "mysql -u a -ppassword",
    ],
  },
  {
    id: "registry_login_password",
    commands: ["docker login", "podman login", "registry login", "buildah login", "skopeo login"],
    flag: "-p[ =]\\s{0,2}",
    description: "A password or token in a login to a container registry.",
    source: "https://docs.docker.com/reference/cli/docker/login/",
    examples: ["docker login -u deploy -p " + "t7Qz-x9w4Lk2 registry.corp"],
    nonExamples: ["docker login -u deploy -p $TOKEN", "docker login --password-stdin -u x"],
  },
  {
    id: "password_flag",
    commands: ["password=", "password ", "passphrase ", "passphrase=", "storepass ", "keypass "]
      .map(
        (flag) => `-${flag}`,
      ),
    flag: "\\s{0,2}",
    atOnce: true,
    description: "A password after a flag of that name: `--password=…`, `-storepass …`.",
    source:
      "https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html, MITRE ATT&CK T1552",
    examples: ["mysqldump --user=root --password=" + "t7Qz-x9w4Lk2 shop"],
    nonExamples: [
      "mongosh --password $PW",
      "app --password <password>",
      "tool --password --verbose",
    ],
  },
  {
    id: "database_client_password",
    commands: ["redis-cli", "valkey-cli"],
    flag: "(?:-a|--pass)\\s{1,2}",
    description: "A password given to a Redis or Valkey client.",
    source: "https://redis.io/docs/latest/develop/tools/cli/",
    examples: ["redis-cli -h cache -a " + "t7Qz-x9w4Lk2 ping"],
    nonExamples: ["redis-cli -a $REDIS_AUTH ping", "redis-cli -h cache ping"],
  },
  {
    id: "mongo_client_password",
    commands: [
      "mongo -",
      "mongosh ",
      "mongodump ",
      "mongorestore ",
      "mongoexport ",
      "mongoimport ",
    ],
    flag: "-p\\s{1,2}",
    description: "A password given to a MongoDB client.",
    source: "https://www.mongodb.com/docs/mongodb-shell/reference/options/",
    examples: ["mongosh db.corp/shop -u app -p " + "t7Qz-x9w4Lk2"],
    nonExamples: ["mongo -u admin -p --authenticationDatabase admin"],
  },
  {
    id: "ldap_bind_password",
    commands: ["ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldapwhoami", "ldappasswd"],
    flag: "-w\\s{0,2}",
    description: "A bind password given to an LDAP client.",
    source: "https://www.openldap.org/software/man.cgi?query=ldapsearch",
    examples: ['ldapsearch -x -D "cn=admin,dc=corp" -w ' + "t7Qz-x9w4Lk2 -b dc=corp"],
    nonExamples: ["ldapsearch -x -D cn=admin -W -b dc=corp", "ldapsearch -x -w password"],
  },
  {
    id: "smb_client_password",
    commands: ["smbclient", "rpcclient", "smbmap", "net rpc"],
    flag: "(?:-U|--user[ =])\\s{0,2}\\\\?[\"']?[A-Za-z0-9_.\\\\/-]{1,64}%",
    description: "A user name and password given to a Samba client.",
    source: "https://www.samba.org/samba/docs/current/man-html/smbclient.1.html",
    examples: ["smbclient //files/share -U 'bob%" + "t7Qz-x9w4Lk2'"],
    nonExamples: ["smbclient //files/share -U bob%password", "smbclient -L h -U bob"],
  },
  {
    id: "net_use_password",
    commands: ["net use "],
    flag: "/user:[^\\s\"']{1,80}\\s{1,2}",
    description: "A password in a Windows `net use` command.",
    source:
      "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-server-2012-R2-and-2012/gg651155(v=ws.11)",
    examples: ["net use \\\\files\\share /user:corp\\bob " + "t7Qz-x9w4Lk2"],
    nonExamples: ["net use \\\\files\\share /user:corp\\bob *"],
  },
  {
    id: "rdp_password",
    commands: ["xfreerdp", "wlfreerdp", "rdesktop"],
    flag: "(?:/p:|-p\\s{1,2})",
    description: "A password given to a remote desktop client.",
    source: "https://github.com/FreeRDP/FreeRDP/wiki/CommandLineInterface",
    examples: ["xfreerdp /u:bob /p:" + "t7Qz-x9w4Lk2 /v:desk7"],
    nonExamples: ["xfreerdp /u:bob /v:desk7", "xfreerdp /u:bob /p:$PW"],
  },
  {
    id: "azure_login_password",
    commands: ["az login"],
    flag: "(?:-p|--password)[ =]\\s{0,2}",
    description: "A service principal's secret in a login to Azure.",
    source: "https://learn.microsoft.com/cli/azure/authenticate-azure-cli-service-principal",
    examples: ["az login --service-principal -u app -p " + "t7Qz-x9w4Lk2 --tenant corp"],
    nonExamples: ["az login --service-principal -u app -p $SECRET --tenant corp"],
  },
  {
    id: "openssl_password_argument",
    commands: ["-passin pass:", "-passout pass:", "-pass pass:"],
    flag: "",
    atOnce: true,
    description: "A passphrase given to openssl.",
    source: "https://docs.openssl.org/master/man1/openssl-passphrase-options/",
    examples: ["openssl rsa -in key.pem -passin pass:" + "t7Qz-x9w4Lk2"],
    nonExamples: ["openssl rsa -in key.pem -passin pass:password", "openssl rsa -passin env:PW"],
  },
  {
    id: "powershell_secure_string",
    commands: ["convertto-securestring"],
    flag: "(?:-String\\s{1,2})?(?=\\\\?[\"'])",
    description: "A plain password made a secure string in PowerShell.",
    source:
      "https://learn.microsoft.com/powershell/module/microsoft.powershell.security/convertto-securestring",
    examples: ['ConvertTo-SecureString "' + 't7Qz-x9w4Lk2" -AsPlainText -Force'],
    nonExamples: [
      'ConvertTo-SecureString "$password" -AsPlainText',
      "ConvertTo-SecureString -Key $k",
    ],
  },
  {
    id: "htpasswd_password_argument",
    commands: ["htpasswd -"],
    flag: "[A-Za-z]{0,6}b[A-Za-z]{0,6}\\s{1,2}(?:[^\\s]{1,80}\\s{1,2}){1,2}",
    atOnce: true,
    description: "A password given to htpasswd.",
    source: "https://httpd.apache.org/docs/current/programs/htpasswd.html",
    examples: [
      "htpasswd -nbB bob " + "t7Qz-x9w4Lk2",
      "htpasswd -b /etc/users bob " + "t7Qz-x9w4Lk2",
    ],
    nonExamples: ["htpasswd -c /etc/users bob", "htpasswd -nbB admin password"],
  },
  {
    id: "broker_user_password",
    commands: ["rabbitmqctl add_user", "rabbitmqctl change_password"],
    flag: "[^\\s]{1,64}\\s{1,2}",
    description: "A password given to RabbitMQ's control program.",
    source: "https://www.rabbitmq.com/docs/man/rabbitmqctl.8",
    examples: ["rabbitmqctl add_user bob " + "t7Qz-x9w4Lk2"],
    nonExamples: ["rabbitmqctl add_user bob password", "rabbitmqctl add_user bob $PASS"],
  },
];

/** One rule a command. */
export const COMMAND_PASSWORD_RULES: readonly Rule[] = COMMANDS.map(commandPasswordRule);

function commandPasswordRule(command: CommandPassword): Rule {
  const { id, commands, flag, description, source, examples, nonExamples } = command;
  const spelled = commands.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const between = command.atOnce ? "" : ARGUMENTS;
  const start = command.atOnce ? "" : "(?<![A-Za-z0-9_])";
  const expression = `${start}(?i:${spelled.join("|")})${between}${flag}${WORD}`;
  return {
    id,
    pattern: "command_password",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: commands,
    regexp: new RegExp(expression),
    maxLength: tokenPattern(expression).maxLength,
    verify: gradeArgument,
    concealed: true,
    description,
    source,
    examples,
    nonExamples,
  };
}

/** A group that has its user's name, and a number, are no password: `-u 1000:1000`. */
function gradeArgument(match: RuleMatch): Verdict {
  if (match.secret === match.groups["user"] || /^[0-9]+$/.test(match.secret)) return "drop";
  return gradePassword(match);
}
