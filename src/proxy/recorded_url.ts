/** URLs and authorities as `requests.jsonl` has them: masked by `maskUrl()`, where there is anything to mask. */
import { CleanTexts } from "../scan/clean_texts.ts";
import { maskUrl } from "../threats/mask_url.ts";

/** What masking didn't change: agents ask for few URLs, often. What was masked is never kept. */
const plain = new CleanTexts();

/** Masks a URL or an authority. `secrets` are the secrets (latin1) found in it. */
export function recordedUrl(url: string, secrets: readonly string[]): string {
  if (secrets.length > 0) return maskUrl(url, secrets);
  if (plain.has("", url)) return url;
  const masked = maskUrl(url);
  if (masked === url) plain.add("", url);
  return masked;
}
