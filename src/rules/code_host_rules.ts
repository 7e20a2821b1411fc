/** Tokens of code hosts that can be told by their own form: GitHub, GitLab, Bitbucket, others. */
import type { Rule } from "../scan/rule.ts";
import { crc32Base62Holds } from "./checksums.ts";
import { type ExactFormat, exactRule } from "./exact_rule.ts";
import { bearerHomes } from "./homes.ts";

const GITHUB_HOMES = bearerHomes(
  "github.com",
  ".github.com",
  ".githubusercontent.com",
  ".githubcopilot.com",
  "ghcr.io",
);
const GITHUB_SOURCE =
  "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats";

const FORMATS: readonly ExactFormat[] = [
  {
    id: "github_pat",
    token: "ghp_[A-Za-z0-9]{36}",
    checksum: crc32Base62Holds,
    homes: GITHUB_HOMES,
    description: "A GitHub personal access token (classic).",
    source: GITHUB_SOURCE,
  },
  {
    id: "github_oauth_token",
    token: "gho_[A-Za-z0-9]{36}",
    checksum: crc32Base62Holds,
    homes: GITHUB_HOMES,
    description: "A GitHub OAuth access token.",
    source: GITHUB_SOURCE,
  },
  {
    id: "github_app_token",
    token: "gh[us]_[A-Za-z0-9]{36}",
    anchors: ["ghu_", "ghs_"],
    checksum: crc32Base62Holds,
    homes: GITHUB_HOMES,
    description: "A GitHub App user or installation token.",
    source: GITHUB_SOURCE,
  },
  {
    id: "github_refresh_token",
    token: "ghr_[A-Za-z0-9]{36,76}",
    checksum: crc32Base62Holds,
    homes: GITHUB_HOMES,
    description: "A GitHub App refresh token.",
    source: GITHUB_SOURCE,
  },
  {
    id: "github_fine_grained_pat",
    token: "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    severity: "critical",
    homes: GITHUB_HOMES,
    description: "A GitHub fine-grained personal access token.",
    source: GITHUB_SOURCE,
  },
];

export const CODE_HOST_RULES: readonly Rule[] = FORMATS.map(exactRule);
