/**
 * Detects secrets by their form, at any position.
 *
 * @module
 */
import type { Span } from "../span.ts";

/**
 * A form of a secret. Every repetition in an expression is bounded, or ends where no other match can begin,
 * so that the search is linear in the text.
 */
interface Shape {
  readonly pattern: RegExp;
  /** A substring of every match, which is found much faster than the expression. */
  readonly part?: string;
  /** Refuses a match that is an ordinary word. */
  readonly accepts?: (token: string) => boolean;
}

/** Returns whether a token has digits, capitals or padding, or is long, unlike ordinary words. */
export function looksRandom(token: string): boolean {
  return /[0-9=+/~]|.[A-Z]/.test(token) || token.length >= 32;
}

/** The last group is masked; without a group the whole match is masked. */
const SHAPES: readonly Shape[] = [
  // User information of a URL, with or without a password, except the placeholder of a hint.
  {
    part: "://",
    pattern: /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/(?!user:password@host)([^\s/?#"'<>]{1,2000}(?=@))/gi,
  },
  // An authorization scheme and its credentials (RFC 9110 §11.4).
  { pattern: /\bbearer(?:[ \t]{1,8}|%20|\+)([A-Za-z0-9+/_.~=-]{8,})/gi },
  {
    pattern:
      /\b(?:basic|negotiate|ntlm|token|agentassertion|apikey)(?:[ \t]{1,8}|%20|\+)([A-Za-z0-9+/_.~=-]{8,})/gi,
    accepts: looksRandom,
  },
  // JSON Web Tokens (RFC 7519): the header begins with `{"`.
  { part: "eyJ", pattern: /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*/g },
  // Keys of OpenAI and compatible services, Stripe and others; sessions and ephemeral keys.
  { pattern: /(?<![A-Za-z0-9])(?:sk|sess)[-_][A-Za-z0-9_*.-]{8,}/g },
  { pattern: /(?<![A-Za-z0-9])(?:rk|ek|whsec)_[A-Za-z0-9_]{12,}/g, accepts: looksRandom },
  // Access, refresh and personal access tokens of OpenAI.
  { pattern: /(?<![A-Za-z0-9])(?:pat|at|rt)[-_][A-Za-z0-9_.-]{16,}/g, accepts: looksRandom },
  // GitHub, GitLab, Slack, npm, Hugging Face, Google.
  { pattern: /(?<![A-Za-z0-9])gh[a-z][-_][A-Za-z0-9_]{16,}/g },
  { pattern: /(?<![A-Za-z0-9])(?:github_pat_|glpat-|npm_|hf_)[A-Za-z0-9_-]{16,}/g, accepts: looksRandom },
  { pattern: /(?<![A-Za-z0-9])(?:xox[a-z]|xapp)-[A-Za-z0-9-]{8,}/g },
  { part: "AIza", pattern: /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{30,}/g },
  { part: "ya29", pattern: /(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{16,}/g },
  // Access key ids of AWS; the secret key has no specific form and is detected by its name.
  { pattern: /(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])/g },
];

/** An e-mail address. Its parts are bounded as RFC 5321 §4.5.3.1 does. */
const E_MAIL: Shape = {
  part: "@",
  pattern: /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g,
};

/**
 * Finds tokens, keys and credentials of addresses by their form.
 *
 * @param text any text
 * @param options `emails` also finds e-mail addresses
 */
export function findTokens(text: string, { emails }: { readonly emails: boolean }): Span[] {
  const spans: Span[] = [];
  for (const { pattern, part, accepts } of emails ? [...SHAPES, E_MAIL] : SHAPES) {
    if (part !== undefined && !text.includes(part)) continue;
    // `matchAll` copies the expression each time, which takes longer than the search in a short text.
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const token = match[1] ?? match[0];
      if (accepts !== undefined && !accepts(token)) continue;
      const end = match.index + match[0].length;
      spans.push({ from: match.index, start: end - token.length, end });
    }
  }
  return spans.concat(findPrivateKeys(text));
}

/** The beginning of a private key in PEM (RFC 7468), with its line breaks as they are or escaped as in JSON. */
const KEY_BEGIN = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/g;
const KEY_BODY = /(?:[A-Za-z0-9+/=\s\\]|(?:Proc-Type|DEK-Info): ?[A-Z0-9,-]{1,80})*/y;

function findPrivateKeys(text: string): Span[] {
  if (!text.includes("-----BEGIN")) return [];
  const spans: Span[] = [];
  for (const match of text.matchAll(KEY_BEGIN)) {
    const start = match.index + match[0].length;
    KEY_BODY.lastIndex = start;
    const body = KEY_BODY.exec(text)?.[0] ?? "";
    const isOpen = start + body.length === text.length;
    // A sentence that only mentions the marker has a short word after it.
    const isKey = /[A-Za-z0-9+/=]{16}/.test(body);
    if (isKey) spans.push({ from: match.index, start, end: start + body.length });
    else if (isOpen) spans.push({ from: match.index, start: text.length, end: text.length });
  }
  return spans;
}
