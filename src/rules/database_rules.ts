/** Connection strings that carry a password. */
import type { Rule, RuleMatch, Verdict } from "../scan/rule.ts";
import { isDemoPassword } from "./token_rules.ts";

/** What stands around a connection string in code; also what a shell or a query string adds. */
const DATABASE_SCHEMES =
  "postgres(?:ql)?|mysql|mariadb|mongodb(?:\\+srv)?|rediss?|amqps?|clickhouse|cockroachdb|mssql|sqlserver|oracle|neo4j(?:\\+s)?|bolt|ldaps?|smtps?|couchbases?|influxdb|snowflake|jdbc:[a-z0-9:]{3,24}";

/** A database on this machine holds test data; the password is still worth a note. */
function gradeDatabasePassword({ secret }: RuleMatch): Verdict {
  return isDemoPassword(secret) ? "info" : "high";
}

/** `Password=` values end at `;`, so their grading is laxer than a URL's. */
function gradeKeywordPassword({ secret }: RuleMatch): Verdict {
  if (isDemoPassword(secret)) return "info";
  return secret.length >= 4 ? "medium" : "low";
}

export const DATABASE_RULES: readonly Rule[] = [
  {
    id: "database_url",
    pattern: "database_url",
    type: "EXFIL",
    severity: "high",
    directions: ["outbound"],
    anchors: [
      "postgres",
      "mysql",
      "mariadb",
      "mongodb",
      "redis",
      "amqp",
      "clickhouse",
      "cockroachdb",
      "mssql",
      "sqlserver",
      "oracle",
      "neo4j",
      "bolt",
      "ldap",
      "smtp",
      "couchbase",
      "influxdb",
      "snowflake",
      "jdbc:",
    ],
    regexp: new RegExp(
      `(?i:${DATABASE_SCHEMES})(?:\\+[a-z0-9]{3,12})?://[^\\s:@/"'<>\\\\]{0,64}:` +
        "(?<secret>[^\\s@/\"'<>\\\\]{1,100}(?:@[^\\s@/\"'<>\\\\.:,]{1,40})?)@(?=[A-Za-z0-9[({$_-])",
    ),
    maxLength: 280,
    verify: gradeDatabasePassword,
    description: "A database, broker, directory or mail URL with a password.",
    source:
      "https://www.postgresql.org/docs/current/libpq-connect.html, https://www.mongodb.com/docs/manual/reference/connection-string/",
    examples: [
      "postgresql://app:" + "Zk81.qPw@db.internal:5432/app",
      "mongodb+srv://svc:" + "9xTq2LwZ@cluster0.mongodb.net/db",
    ],
    nonExamples: [
      "postgres://user:password@localhost/db",
      "mongodb://$MONGODB_USER:$MONGODB_PASSWORD@cluster/app",
      "redis://cache.internal:6379/0",
    ],
  },
  {
    id: "odbc_password",
    pattern: "database_password",
    type: "EXFIL",
    severity: "medium",
    directions: ["outbound"],
    anchors: [
      "server=",
      "server =",
      "data source",
      "host=",
      "host =",
      "user id",
      "userid",
      "uid=",
      "uid =",
      "username",
      "user=",
      "user =",
    ],
    regexp:
      /(?:(?:server|data source|host|user id|userid|uid|username|user) ?=\s?)[^\n"'<>]{1,160}?[;&, ](?:\s?(?:password|pwd|passwd) ?=\s?)(?<secret>[^;\s"'<>&]{3,80})/i,
    maxLength: 300,
    verify: gradeKeywordPassword,
    description: "An ODBC, ADO.NET or JDBC connection string with a password.",
    source: "https://learn.microsoft.com/dotnet/framework/data/adonet/connection-string-syntax",
    examples: ["Server=db1;Database=shop;User Id=svc;Password=" + "t7Qz!x9w;Encrypt=true"],
    nonExamples: ["Server=db1;User Id=sa;Password={0};"],
  },
];
