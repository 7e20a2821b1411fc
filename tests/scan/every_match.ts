/**
 * The slow path that the scanner is tested against: each rule's regexp over the whole text, without
 * prefilter, windows or automata.
 */
import type { Finding } from "../../src/scan/finding.ts";
import { isCoveredBy, type RankedFinding } from "../../src/scan/overlap.ts";
import type { Direction, Rule } from "../../src/scan/rule.ts";

/** Returns the findings of `rules` in `text`, one character a byte, in the scanner's order. */
export function everyMatch(
  rules: readonly Rule[],
  text: string,
  direction: Direction,
): readonly Finding[] {
  const ranked = rules.flatMap((rule, order) =>
    rule.directions.includes(direction)
      ? matchesOf(rule, text).map((finding): RankedFinding => ({ finding, order }))
      : []
  );
  return ranked
    .filter((entry) => !ranked.some((other) => isCoveredBy(entry, other)))
    .toSorted((a, b) =>
      a.finding.start - b.finding.start || a.finding.end - b.finding.end || a.order - b.order
    )
    .map(({ finding }) => finding);
}

function matchesOf(rule: Rule, text: string): readonly Finding[] {
  const regexp = new RegExp(rule.regexp.source, `${rule.regexp.flags.replace("d", "")}dg`);
  return [...text.matchAll(regexp)].flatMap((hit) => {
    const { index: start } = hit;
    const [match] = hit;
    const end = start + match.length;
    const groups = hit.groups ?? {};
    const secret = groups.secret ?? match;
    const secretStart = (hit.indices?.groups?.secret?.[0] ?? start) - start;
    const before = text.slice(Math.max(0, start - 64), start);
    const after = text.slice(end, end + 64);
    const severity = rule.verify?.({ text: match, secret, groups, before, after }) ?? rule.severity;
    if (severity === "drop") return [];
    return [{ rule, severity, start, end, match, secret, secretStart, before, after }];
  });
}
