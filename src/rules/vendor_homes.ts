/** Says where a vendor's keys belong: its site, the hosts below it, and where else its API answers. */
import type { Home } from "../scan/rule.ts";
import { headerHomes } from "./homes.ts";

/** Headers that APIs read a key from, whoever they are. */
const KEY_HEADERS: readonly string[] = [
  "authorization",
  "x-api-key",
  "api-key",
  "apikey",
  "x-apikey",
  "x-auth-token",
  "x-access-token",
  "x-token",
  "token",
];

/** What follows a vendor's name in a header of its own: `x-acme-token`, `acme-api-key`. */
const NAMED_HEADERS: readonly string[] = [
  ...["api-key", "apikey", "key", "token", "api-token", "auth-token"],
  ...["access-token", "secret", "authorization"],
];

/** By site, as their documentation has it: hosts of an API that are not below the site. */
const API_HOSTS: Readonly<Record<string, readonly string[]>> = {
  "algolia.com": [".algolia.net", ".algolianet.com"],
  "atlassian.com": [".atlassian.net"],
  "azure.microsoft.com": [".openai.azure.com", ".cognitiveservices.azure.com"],
  "basecamp.com": [".basecampapi.com"],
  "braintreepayments.com": [".braintreegateway.com"],
  "brevo.com": ["api.sendinblue.com"],
  "cloud.google.com": [".googleapis.com"],
  "datadoghq.com": [".datadoghq.eu"],
  "developers.google.com": [".googleapis.com"],
  "dropbox.com": [".dropboxapi.com"],
  "fal.ai": ["fal.run", ".fal.run"],
  "firebase.google.com": [".googleapis.com"],
  "getharvest.com": ["api.harvestapp.com"],
  "google.com": [".googleapis.com"],
  "hubspot.com": [".hubapi.com"],
  "intercom.com": ["api.intercom.io"],
  "last.fm": ["ws.audioscrobbler.com"],
  "mailchimp.com": ["mandrillapp.com"],
  "mailgun.com": [".mailgun.net"],
  "notify-bot.line.me": ["notify-api.line.me"],
  "okta.com": [".oktapreview.com"],
  "segment.com": [".segmentapis.com"],
  "sonarsource.com": ["sonarcloud.io"],
  "together.ai": ["api.together.xyz"],
  "vonage.com": [".nexmo.com"],
  "webex.com": ["webexapis.com"],
  "wise.com": ["api.transferwise.com"],
  "x.com": ["api.twitter.com"],
};

/**
 * Makes the homes of a vendor's keys, in the headers that APIs read keys from and in those that
 * bear the vendor's name. What merely ends or begins like its site is none of them.
 *
 * @param site a host name, perhaps with a path after it
 * @param names spellings of the vendor's name, words apart
 */
export function vendorHomes(site: string, names: readonly string[]): readonly Home[] {
  const host = site.replace(/\/.*$/, "");
  const stems = names.flatMap((name) => {
    const words = name.toLowerCase().split(/[ _.]/);
    return [...new Set([words.join("-"), words.join("")])];
  });
  const named = stems.flatMap((stem) =>
    NAMED_HEADERS.flatMap((word) => [`x-${stem}-${word}`, `${stem}-${word}`])
  );
  const hosts = [host, `.${host}`, ...(API_HOSTS[host] ?? [])];
  return headerHomes([...KEY_HEADERS, ...named], ...hosts);
}
