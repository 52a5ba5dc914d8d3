/**
 * Secrets that are detected by the name before them: headers, JSON members at any depth of quoting, form
 * fields, parameters of addresses, assignments and cookies.
 *
 * @module
 */
import { cookieHeader, isSecretName, isSecretParameter, isWholeLineHeader } from "../secret_names.ts";
import type { Span } from "../span.ts";
import { looksRandom } from "./token_shapes.ts";

/**
 * A name and what separates it from its value. A name is read once from each place where a word begins and is at
 * most 80 characters long, so that the search is linear.
 */
const NAME = /(?<![A-Za-z0-9_%])([\w%-]{1,80})(\\{0,15}["'])?[ \t]{0,8}([:=])/g;
/** Blanks before a value; in JSON also line breaks. */
const BLANKS = /[ \t]{0,8}/y;
const JSON_BLANKS = /[ \t\r\n]{0,64}/y;
const OPENING_QUOTE = /(\\{0,15})(["'])/y;
/** A number, boolean or null of JSON, and the characters that may follow it. */
const JSON_LITERAL =
  /(?:true|false|null|-?\d{1,400}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,4})?)[ \t\r\n]{0,200}(?=[,}\]]|$)/y;
const PARAMETER_VALUE = /[^\s&"'#]*/y;
const ADDRESS = /[a-z][a-z0-9+.-]{1,30}:\/\//iy;
const WORD = /[^\s"'<>]*/y;
/**
 * The rest of a line. A quote ends it, so that a header within a JSON string does not include the end of the
 * string.
 */
const LINE = /[^\r\n"]*/y;
/** Credentials with quoted parameters (RFC 7616 §3.4), which extend to the end of the line. */
const QUOTED_PARAMETERS = /(?:digest|aws4-hmac-sha256)[ \t][^\r\n]*/iy;
/** Schemes that are kept before the credentials; with any other word the whole value is masked. */
const SCHEME =
  /(?:bearer|basic|digest|negotiate|ntlm|token|apikey|agentassertion|aws4-hmac-sha256)[ \t]{1,8}(?=\S)/iy;
/**
 * Members that occur together with the text of a token in log probabilities, in which `token` is a part of
 * the answer.
 */
const LOG_PROBABILITY = /[ \t\r\n]{0,64},[ \t\r\n]{0,64}\\{0,15}"(?:logprob|bytes)\\{0,15}"/y;

/** Finds the values of secret names. */
export function findNamedValues(text: string): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const match of text.matchAll(NAME)) {
    const { index } = match;
    // A name within a value that is already masked.
    if (index < done) continue;
    const found = valueOf(text, match);
    spans.push(...found);
    for (const { end } of found) done = Math.max(done, end);
  }
  return spans.concat(findPairs(text));
}

function valueOf(text: string, match: RegExpExecArray): readonly Span[] {
  const [whole, name = "", quote, separator] = match;
  const from = match.index;
  const before = text[from - 1];
  const isParameter = separator === "=" && quote === undefined && isFormPosition(before, text, from);
  if (!(isParameter ? isSecretParameter(name) : isSecretName(name))) return [];
  const context = { name, from };
  const after = matchAt(quote === undefined ? BLANKS : JSON_BLANKS, text, from + whole.length);
  const start = from + whole.length + after.length;
  // The value has not arrived yet: there is nothing to mask, and the text before it is not complete.
  if (start === text.length) return [{ from, start, end: start }];
  const opening = execAt(OPENING_QUOTE, text, start);
  if (opening !== undefined) {
    const inside = start + opening[0].length;
    const end = closingQuote(text, inside, opening[2] ?? '"', opening[1]?.length ?? 0);
    if (isLogProbability(name, text, end + opening[0].length)) return [];
    return maskValue(text, context, inside, end);
  }
  const first = text[start];
  if (quote !== undefined && (first === "[" || first === "{")) return maskContainer(text, context, start);
  if (quote !== undefined && execAt(JSON_LITERAL, text, start) !== undefined) return [];
  if (separator === "=") return maskTo(text, context, start, matchAt(PARAMETER_VALUE, text, start));
  if (isHeaderLine(text, name, from)) {
    const isQuoted = before === '"' || before === "'";
    const parameters = isQuoted ? "" : matchAt(QUOTED_PARAMETERS, text, start);
    const line = parameters === "" ? withoutBackslashes(matchAt(LINE, text, start)) : parameters;
    const close = isQuoted ? line.indexOf(before) : -1;
    return maskValue(text, context, start, start + (close < 0 ? line.length : close));
  }
  // A sentence with such a word before an address, whose secrets are found separately.
  if (execAt(ADDRESS, text, start) !== undefined) return [];
  const word = matchAt(WORD, text, start).replace(/[.,;:)}\]]{1,3}$/, "");
  if (!isField(text, name, from) && !looksRandom(word)) return [];
  const scheme = execAt(SCHEME, text, start)?.[0].length ?? 0;
  return maskTo(text, context, start + scheme, scheme === 0 ? word : matchAt(WORD, text, start + scheme));
}

/**
 * Returns whether a name is a parameter or a form field. A parameter follows `?` or `&`; the first field of a
 * form is at the start of the text, and another field follows it.
 */
function isFormPosition(before: string | undefined, text: string, from: number): boolean {
  if (before === "?" || before === "&") return true;
  return from === 0 && /^[\w.%-]{1,80}=[^\s&]{0,2000}&[\w.%-]{1,80}=/.test(text);
}

/**
 * Returns whether a name begins a header. Headers with blanks in their values are found anywhere, others only
 * at the start of a line.
 */
function isHeaderLine(text: string, name: string, from: number): boolean {
  if (isWholeLineHeader(name)) return true;
  const before = text[from - 1];
  return name.includes("-") && (before === undefined || before === "\n" || before === '"' || before === "'");
}

/**
 * Returns whether a name is a header or a key of YAML, and not the end of a clause such as "the key from
 * OPENAI_API_KEY: it is too short".
 */
function isField(text: string, name: string, from: number): boolean {
  if (name.includes("-")) return true;
  return !/^[A-Z0-9_]+$/.test(name) &&
    /(?:^|[\n"'{,])[ \t]{0,16}$/.test(text.slice(Math.max(0, from - 17), from));
}

interface Context {
  readonly name: string;
  readonly from: number;
}

/** Masks a value whose end is known; the scheme of credentials and the names of cookies are kept. */
function maskValue(text: string, { name, from }: Context, start: number, end: number): readonly Span[] {
  const kind = cookieHeader(name);
  if (kind !== undefined) return maskCookies(text, from, start, end, kind);
  const scheme = isWholeLineHeader(name) ? execAt(SCHEME, text, start)?.[0].length ?? 0 : 0;
  return [{ from, start: Math.min(start + scheme, end), end }];
}

function maskTo(text: string, { from }: Context, start: number, value: string): readonly Span[] {
  const end = start + withoutBackslashes(value).length;
  return [{ from, start, end: Math.min(end, text.length) }];
}

/** Backslashes at the end of a value belong to the quote after it. */
function withoutBackslashes(value: string): string {
  let end = value.length;
  while (value[end - 1] === "\\") end--;
  return value.slice(0, end);
}

function maskCookies(
  text: string,
  from: number,
  start: number,
  end: number,
  kind: "cookie" | "set-cookie",
): readonly Span[] {
  const spans: Span[] = [];
  let position = start;
  for (const pair of text.slice(start, end).split(";")) {
    const equals = pair.indexOf("=");
    // Without a name the whole text is the value.
    const valueStart = position + (equals < 0 ? pair.length - pair.trimStart().length : equals + 1);
    const isAttribute = kind === "set-cookie" && spans.length > 0;
    if (!isAttribute) spans.push({ from, start: valueStart, end: position + pair.length });
    position += pair.length + 1;
  }
  return spans;
}

/**
 * Finds the end of a quoted text.
 *
 * @param start first position of the content
 * @param quote `"` or `'`
 * @param depth backslashes before the opening quote: 0, in JSON within JSON 1, then 3 and 7
 * @returns position of the first character after the content; the end of the line if there is no closing
 * quote
 */
function closingQuote(text: string, start: number, quote: string, depth: number): number {
  // A backslash of the content is escaped, once for each level of JSON in JSON.
  const period = 2 * (depth + 1);
  let backslashes = 0;
  for (let position = start; position < text.length; position++) {
    const character = text[position];
    if (character === "\\") backslashes++;
    else if (character === quote && backslashes % period === depth) return position - depth;
    else if (character === "\n" || character === "\r") return position;
    else backslashes = 0;
    if (character === quote) backslashes = 0;
  }
  return text.length;
}

/** Masks every text in an array or object that is the value of a secret name, but not the names in it. */
function maskContainer(text: string, { from }: Context, start: number): readonly Span[] {
  const spans: Span[] = [];
  let open = 0;
  let position = start;
  while (position < text.length) {
    const character = text[position];
    if (character === "[" || character === "{") open++;
    if (character === "]" || character === "}") open--;
    if (open === 0) return spans;
    const opening = character === '"' || character === "\\"
      ? execAt(OPENING_QUOTE, text, position)
      : undefined;
    if (opening === undefined) {
      position++;
      continue;
    }
    const inside = position + opening[0].length;
    const end = closingQuote(text, inside, opening[2] ?? '"', opening[1]?.length ?? 0);
    position = Math.max(end + opening[0].length, inside);
    if (!/^[ \t\r\n]{0,8}:/.test(text.slice(position, position + 9))) {
      spans.push({ from, start: inside, end });
    }
  }
  // The array or object continues after the available text.
  return [...spans, { from, start: text.length, end: text.length }];
}

/** `"name", "value"` in an array, and `"name": "…", "value": "…"` as in HAR 1.2. */
const PAIR =
  /(\\{0,15})"([\w-]{1,80})\1"[ \t\r\n]{0,64},[ \t\r\n]{0,64}(\1"value\1"[ \t\r\n]{0,64}:[ \t\r\n]{0,64})?\1"/g;
const BEFORE_PAIR = /(?:\[|"name\\{0,15}"[ \t\r\n]{0,64}:)[ \t\r\n]{0,64}$/;
const AFTER_PAIR = /\\{0,15}"[ \t\r\n]{0,64}\]/y;

function findPairs(text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(PAIR)) {
    const [whole, depth = "", name = "", member] = match;
    if (!isSecretName(name)) continue;
    if (!BEFORE_PAIR.test(text.slice(Math.max(0, match.index - 160), match.index))) continue;
    const start = match.index + whole.length;
    const end = closingQuote(text, start, '"', depth.length);
    if (member === undefined && end < text.length && execAt(AFTER_PAIR, text, end) === undefined) continue;
    spans.push(...maskValue(text, { name, from: match.index }, start, end));
  }
  return spans;
}

function isLogProbability(name: string, text: string, end: number): boolean {
  return name === "token" && execAt(LOG_PROBABILITY, text, end) !== undefined;
}

/** Runs a sticky expression at a position. */
function execAt(pattern: RegExp, text: string, position: number): RegExpExecArray | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text) ?? undefined;
}

function matchAt(pattern: RegExp, text: string, position: number): string {
  return execAt(pattern, text, position)?.[0] ?? "";
}
