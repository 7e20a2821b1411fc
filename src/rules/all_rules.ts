/** Every rule, in two lists: those that are on, and those that a person has to ask for. */
import type { Rule } from "../scan/rule.ts";
import { AI_RULES } from "./ai_rules.ts";
import { ASSIGNMENT_RULES } from "./assignment_rules.ts";
import { CHAT_RULES } from "./chat_rules.ts";
import { CLOUD_RULES } from "./cloud_rules.ts";
import { CODE_HOST_RULES } from "./code_host_rules.ts";
import { COMMAND_PASSWORD_RULES } from "./command_password_rules.ts";
import { DATABASE_RULES } from "./database_rules.ts";
import { DATA_VENDOR_RULES } from "./data_vendors.ts";
import { DEVELOPER_VENDOR_RULES } from "./developer_vendors.ts";
import { FINANCE_VENDOR_RULES } from "./finance_vendors.ts";
import { HOSTING_RULES } from "./hosting_rules.ts";
import { INJECTION_RULES } from "./injection_rules.ts";
import { MARKETING_VENDOR_RULES } from "./marketing_vendors.ts";
import { PAYMENT_RULES } from "./payment_rules.ts";
import { PREFIXED_RULES } from "./prefixed_rules.ts";
import { SAAS_RULES } from "./saas_rules.ts";
import { SETTING_SECRET_RULES } from "./setting_secret_rules.ts";
import { SSH_KEY_RULES } from "./ssh_key_rules.ts";
import { TOKEN_RULES } from "./token_rules.ts";
import { WALLET_RULES } from "./wallet_rules.ts";
import { WORK_VENDOR_RULES } from "./work_vendors.ts";

/** Ids are unique over the whole list. */
export const ALL_RULES: readonly Rule[] = [
  ...AI_RULES,
  ...CHAT_RULES,
  ...CLOUD_RULES,
  ...CODE_HOST_RULES,
  ...HOSTING_RULES,
  ...PAYMENT_RULES,
  ...PREFIXED_RULES,
  ...SAAS_RULES,
  ...TOKEN_RULES,
  ...DATABASE_RULES,
  ...DATA_VENDOR_RULES,
  ...DEVELOPER_VENDOR_RULES,
  ...FINANCE_VENDOR_RULES,
  ...MARKETING_VENDOR_RULES,
  ...WORK_VENDOR_RULES,
  ...WALLET_RULES,
  ...COMMAND_PASSWORD_RULES,
  ...SETTING_SECRET_RULES,
  ...ASSIGNMENT_RULES,
  ...SSH_KEY_RULES,
  ...INJECTION_RULES,
];
