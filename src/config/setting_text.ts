/**
 * What a person types for a setting on the command line or in the environment → a value of the kind
 * that the setting has, for its schema to check. What does not fit stays text.
 *
 * Lists are written with commas, `actions` and `gateways` as `left=right`. Any list or object may be
 * written as JSON instead, and `homes` and `suppress` have to be.
 */
import { isAbsolute } from "node:path";
import { z } from "zod";
import { type SettingKey, SETTINGS } from "./setting_schema.ts";

/** Reads `text` as the kind of value that `key` has. */
export function settingValue(key: SettingKey, text: string): unknown {
  const schema = SETTINGS[key].unwrap();
  if (schema instanceof z.ZodBoolean) {
    return { true: true, 1: true, false: false, 0: false }[text.toLowerCase()] ?? text;
  }
  if (schema instanceof z.ZodNumber) return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
  const isMany = schema instanceof z.ZodArray || schema instanceof z.ZodRecord ||
    schema instanceof z.ZodObject;
  if (!isMany) return text;
  return /^\s*[[{]/.test(text) ? valueOfJson(text) : valueOfItems(key, text);
}

function valueOfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

function valueOfItems(key: SettingKey, text: string): unknown {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  switch (key) {
    case "actions":
      return Object.fromEntries(items.map((item) => item.split(/=(.*)/s, 2)));
    case "gateways":
      return items.map((item) => {
        const [listen, target = ""] = item.split(/=(.*)/s, 2);
        return { listen, target };
      });
    case "known_secrets":
      return {
        env: items.filter((item) => !isAbsolute(item)),
        files: items.filter((item) => isAbsolute(item)),
      };
    case "homes":
    case "suppress":
      return text;
    default:
      return items;
  }
}
