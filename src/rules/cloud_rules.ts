/** Credentials of Amazon, Google and Microsoft clouds that can be told by their own form. */
import type { Rule } from "../scan/rule.ts";
import { type ExactFormat, exactRule } from "./exact_rule.ts";
import { bearerHomes, headerHomes } from "./homes.ts";

const AWS_HOMES = bearerHomes(".amazonaws.com", ".amazonaws.com.cn", ".api.aws");
const AWS_SOURCE =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids";

/** `name = "value"`, `"name": "value"`, `<name>value`: what stands between a name and its value. */
const ASSIGNED = "[\"'`]?[ \\t]{0,4}(?:=>|:=|[:=>,])[ \\t]{0,4}[\"'`]?";

const FORMATS: readonly ExactFormat[] = [
  {
    id: "aws_access_key",
    token: "(?:A[KS]IA[A-Z2-7]{16}|(?:ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16})",
    anchors: ["akia", "asia", "abia", "acca", "a3t"],
    minEntropy: 2.8,
    needs: /[0-9].*|^A[KS]IA[A-Z2-7]{16}$/,
    homes: AWS_HOMES,
    edges: { after: "(?![A-Za-z0-9_+/])" },
    description: "An AWS access key id: long-lived, temporary, bearer or context-specific.",
    source: AWS_SOURCE,
    // The id is base32, which has neither 0 and 1 nor 8 and 9.
    nonExamples: ["AKIA" + "J0Q81WERT9YUIP23", "asia" + "J2Q3WERT4YUIP567"],
  },
  {
    id: "aws_secret_key",
    token:
      `(?:(?i:aws_|aws[.-]?(?:ac|se|k|t)|amazon|secret)[A-Za-z0-9_.-]{0,16}[_.-]?(?i:key|secret|token)[A-Za-z0-9_]{0,8}|(?i:SecretAccessKey))${ASSIGNED}(?<secret>[A-Za-z0-9/+]{40})`,
    anchors: [
      ...["aws_", "amazon", "secret"],
      ...["ac", "se", "k", "t"].flatMap((word) => [`aws${word}`, `aws.${word}`, `aws-${word}`]),
    ],
    severity: "critical",
    minEntropy: 3.5,
    needs: /[0-9]/,
    homes: [],
    edges: { before: "(?<![A-Za-z0-9])", after: "(?![A-Za-z0-9/+=])" },
    description: "An AWS secret access key in an assignment.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
  },
  {
    id: "aws_session_token",
    token:
      `(?i:session_?token|security_?token)${ASSIGNED}(?<secret>(?:IQoJ|FwoG|FQoG|AQo)[A-Za-z0-9/+=]{100,1500})`,
    anchors: ["session_token", "sessiontoken", "security_token", "securitytoken"],
    severity: "high",
    minEntropy: 4,
    edges: { before: "", after: "" },
    homes: headerHomes(["x-amz-security-token"], ".amazonaws.com", ".amazonaws.com.cn", ".api.aws"),
    description: "A session token of temporary AWS credentials.",
    source: "https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html",
  },
  {
    id: "aws_bedrock_api_key",
    token: "ABSK[A-Za-z0-9+/]{100,269}={0,2}",
    homes: bearerHomes(".amazonaws.com"),
    edges: { after: "(?![A-Za-z0-9+/])" },
    severity: "critical",
    description: "A long-lived Amazon Bedrock API key.",
    source: "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html",
  },
  {
    id: "aws_bedrock_short_term_key",
    token: "bedrock-api-key-[A-Za-z0-9+/=]{28,2000}",
    homes: bearerHomes(".amazonaws.com"),
    description: "A short-lived Amazon Bedrock API key: a presigned request in base64.",
    source: "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html",
  },
  {
    id: "aws_mws_token",
    token: "amzn\\.mws\\.[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}",
    description: "An Amazon Marketplace Web Service token.",
    source: "https://developer-docs.amazon.com/sp-api/",
  },
  {
    id: "aws_appsync_key",
    token: "da2-[a-z0-9]{26}",
    counted: "low",
    homes: headerHomes(["x-api-key"], ".amazonaws.com"),
    description: "An AWS AppSync API key.",
    source: "https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html",
  },
  {
    id: "aws_oauth_client_secret",
    token: "amzn1\\.oa2-cs\\.v1\\.[0-9a-f]{64}",
    description: "A Login with Amazon client secret.",
    source: "https://developer.amazon.com/docs/login-with-amazon/",
  },
  {
    id: "gcp_service_account_key",
    token: '"private_key_id\\\\?"[ \\t\\r\\n]{0,8}:[ \\t\\r\\n]{0,8}\\\\?"(?<secret>[0-9a-f]{40})',
    anchors: ['"private_key_id'],
    severity: "critical",
    edges: { before: "", after: "" },
    description: "A Google Cloud service account key file.",
    source: "https://cloud.google.com/iam/docs/keys-create-delete",
  },
  {
    id: "google_oauth_client_secret",
    token: "GOCSPX-[A-Za-z0-9_-]{28}",
    homes: [],
    description: "A Google OAuth client secret.",
    source: "https://developers.google.com/identity/protocols/oauth2",
  },
  {
    id: "google_oauth_access_token",
    token: "ya29\\.[A-Za-z0-9_-]{20,1024}",
    minEntropy: 3.5,
    homes: bearerHomes(".googleapis.com", "accounts.google.com"),
    description: "A Google OAuth access token.",
    source: "https://developers.google.com/identity/protocols/oauth2#size",
  },
  {
    id: "google_oauth_refresh_token",
    token: "1//0[A-Za-z0-9_-]{60,150}",
    minEntropy: 4,
    description: "A Google OAuth refresh token.",
    source: "https://developers.google.com/identity/protocols/oauth2#size",
  },
  {
    id: "google_oauth_client_id",
    token: "[0-9]{6,21}-[a-z0-9]{32}\\.apps\\.googleusercontent\\.com",
    anchors: [".apps.googleusercontent.com"],
    severity: "low",
    description: "A Google OAuth client id: public on its own, half of a pair.",
    source: "https://developers.google.com/identity/protocols/oauth2",
  },
  {
    id: "gcp_hmac_key",
    token: "GOOG1[A-Z0-9]{56}|GOOG[A-Z0-9]{20}",
    anchors: ["goog"],
    needs: /[0-9].*[0-9]/,
    description: "A Google Cloud Storage HMAC access id.",
    source: "https://cloud.google.com/storage/docs/authentication/hmackeys",
  },
  {
    id: "azure_storage_key",
    token:
      `(?i:account_?key|primary_?key|shared_?key)["']?[ \\t\\r\\n{]{0,16}(?:=>|:=|[:={])[ \\t\\r\\n]{0,16}["']?(?<secret>[A-Za-z0-9+/]{86}==)`,
    anchors: ["account_key", "accountkey", "primary_key", "primarykey", "shared_key", "sharedkey"],
    severity: "critical",
    minEntropy: 4,
    edges: { before: "", after: "" },
    description: "An Azure Storage or Cosmos DB account key.",
    source: "https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage",
  },
  {
    id: "azure_identifiable_key",
    token: "[A-Za-z0-9+/]{52}JQQJ99[A-Za-z0-9+/]{26}",
    anchors: ["jqqj99"],
    severity: "critical",
    description: "An Azure key with Microsoft's common annotated signature.",
    source: "https://github.com/microsoft/security-utilities",
  },
  {
    id: "azure_devops_pat",
    token: "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
    anchors: ["azdo"],
    severity: "critical",
    homes: bearerHomes("dev.azure.com", ".dev.azure.com", ".visualstudio.com"),
    description: "An Azure DevOps personal access token.",
    source:
      "https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate",
  },
  {
    id: "azure_identifiable_secret",
    token:
      "[A-Za-z0-9+/_-]{33,43}(?:AzCa|AzFu|AzSe|AzIo|APIM|ACDb|AzEG|\\+ASt|\\+ABa|\\+ACR|\\+AMC|\\+ARm|\\+AEh|\\+AIo|\\+ASb|AIoT)[A-Za-z0-9+/_-]{5,8}={0,2}",
    anchors: [
      "azca",
      "azfu",
      "azse",
      "azio",
      "apim",
      "acdb",
      "azeg",
      "+ast",
      "+aba",
      "+acr",
      "+amc",
      "+arm",
      "+aeh",
      "+aio",
      "+asb",
      "aiot",
    ],
    needs: /[0-9].*[A-Z].*[a-z]|[a-z].*[0-9].*[A-Z]|[A-Z].*[a-z].*[0-9]/,
    minEntropy: 4.3,
    edges: { before: "(?<![A-Za-z0-9+/_-])", after: "(?![A-Za-z0-9+/_=-])" },
    description: "An Azure key that names its service in a fixed signature.",
    source: "https://learn.microsoft.com/purview/sit-defn-azure-storage-account-key",
  },
  {
    id: "azure_client_secret",
    // Three more characters stand before; a match that begins here is found sooner.
    token: "(?<=(?:^|[^A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3})[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
    sample: "[A-Za-z0-9]{3}[0-9]Q~[A-Za-z0-9_~.-]{32}",
    anchors: ["7q~", "8q~", "0q~", "1q~", "2q~", "3q~", "4q~", "5q~", "6q~", "9q~"],
    minEntropy: 3.5,
    edges: { before: "", after: "(?![A-Za-z0-9_~-])" },
    description: "A Microsoft Entra ID application secret.",
    source: "https://learn.microsoft.com/entra/identity-platform/quickstart-register-app",
  },
  {
    id: "azure_sas_signature",
    token: "(?<![A-Za-z0-9_])sig=(?<secret>[A-Za-z0-9%+/]{40,80}(?:%3[Dd]|={0,2}))",
    anchors: ["sig="],
    minEntropy: 4,
    needs: /(?:%3[Dd]|=)$/,
    edges: { before: "", after: "(?![A-Za-z0-9])" },
    description: "The signature of an Azure shared access signature.",
    source: "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
    nonExamples: ["?sig=" + "3f8b7c6e5d4a39281706f5e4d3c2b1a0f9e8d7c6"],
  },
  {
    id: "azure_shared_access_key",
    token: "(?i:SharedAccessKey|SharedAccessSignature)=(?<secret>[A-Za-z0-9+/]{42,44}=?)",
    anchors: ["sharedaccesskey", "sharedaccesssignature"],
    severity: "critical",
    minEntropy: 4,
    edges: { before: "", after: "(?![A-Za-z0-9+/])" },
    description: "A shared access key of Azure Service Bus, Event Hubs, IoT Hub or SignalR.",
    source: "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas",
  },
  {
    id: "azure_access_key_endpoint",
    token: "(?i:AccessKey)=(?<secret>[A-Za-z0-9+/]{43}=|[A-Za-z0-9]{84})",
    // Of pages' `accesskey="x"` there are many.
    anchors: [..."abcdefghijklmnopqrstuvwxyz0123456789+/"].map((first) => `accesskey=${first}`),
    minEntropy: 4,
    edges: { before: "", after: "(?![A-Za-z0-9+/])" },
    description: "An access key of Azure SignalR, Web PubSub or Communication Services.",
    source: "https://learn.microsoft.com/azure/azure-signalr/concept-connection-string",
  },
  {
    id: "azure_entra_refresh_token",
    token: "[01]\\.A[A-Za-z0-9_-]{20,80}\\.(?:AgAB|AQAB|AgABAwE)[A-Za-z0-9_-]{200,2500}",
    anchors: [".agab", ".aqab"],
    description: "A Microsoft Entra ID refresh token.",
    source: "https://learn.microsoft.com/entra/identity-platform/refresh-tokens",
  },
];

/** One rule a format. */
export const CLOUD_RULES: readonly Rule[] = FORMATS.map(exactRule);
