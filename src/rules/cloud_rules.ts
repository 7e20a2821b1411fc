/** Credentials of cloud and hosting providers that can be told by their own form. */
import type { Rule } from "../scan/rule.ts";
import { type ExactFormat, exactRule } from "./exact_rule.ts";
import { bearerHomes } from "./homes.ts";

const AWS_HOMES = bearerHomes(".amazonaws.com", ".amazonaws.com.cn", ".api.aws");

const FORMATS: readonly ExactFormat[] = [
  {
    id: "aws_access_key",
    token: "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    anchors: ["akia", "asia", "abia", "acca"],
    minEntropy: 2.8,
    needs: /[2-7]/,
    homes: AWS_HOMES,
    description: "An AWS access key id: long-lived, temporary, bearer or context-specific.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
  },
];

export const CLOUD_RULES: readonly Rule[] = FORMATS.map(exactRule);
