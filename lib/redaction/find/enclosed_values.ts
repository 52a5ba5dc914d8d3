/**
 * Secrets whose name is in the syntax around them: parts of multipart forms, elements of XML, parameters of an address
 * that is percent-encoded as a whole, and flags of a command.
 *
 * @module
 */
import { isSecretName, isSecretParameter } from "../secret_names.ts";
import type { Span } from "../span.ts";
import { looksRandom } from "./token_shapes.ts";

/**
 * A syntax. The first group of the expression is the name, the last is the value. Every repetition is bounded, or ends
 * where no other attempt begins, so that the search is linear in the text.
 */
interface Syntax {
  readonly pattern: RegExp;
  /** One of these is a part of every match, and is found much faster than the expression. */
  readonly parts: readonly string[];
  readonly accepts: (name: string, value: string) => boolean;
}

const SYNTAXES: readonly Syntax[] = [
  // A part of multipart/form-data (RFC 7578 §4.2), up to the line before the next boundary.
  {
    pattern:
      /(?<=\bname=")([\w.-]{1,80})"[^\r\n]{0,300}\r?\n(?:[\w-]{1,80}:[^\r\n]{0,300}\r?\n){0,8}\r?\n((?:[^\r\n]|\r?\n(?!--)){0,8192})/gi,
    parts: ["form-data", "Form-Data"],
    accepts: isSecretName,
  },
  // An element of XML.
  {
    pattern: /<([\w.-]{1,80})(?:[ \t\r\n][^<>]{0,300})?>([^<]{1,8192})(?=<\\?\/)/g,
    parts: ["</", "<\\/"],
    accepts: isSecretName,
  },
  // `%3Ftoken%3Dabc` within a parameter such as `redirect_uri`; encoded twice it is `%253Ftoken%253Dabc`.
  {
    pattern:
      /%(?:25){0,3}(?:3F|26|23)([\w-]{1,80})%(?:25){0,3}3D((?:[^\s&"'#<>%]|%(?!(?:25){0,3}(?:26|23)))*)/gi,
    parts: ["3D", "3d"],
    accepts: isSecretParameter,
  },
  // A flag and its value, in a command line or in an array of arguments.
  {
    pattern:
      /(?<![\w-])--([\w-]{1,80})(?:[ \t]{1,8}|\\{0,15}",[ \t\r\n]{0,8}\\{0,15}")["']?([^\s"'\\-][^\s"'\\]*)/g,
    parts: ["--"],
    accepts: (name, value) => isSecretName(name) && looksRandom(value),
  },
  // User and password for curl, in quotes and without them. The command goes on behind `\` and `,` at the end of a line.
  {
    pattern:
      /(?<![\w-])(-[uU][ \t]{0,8}|--(?:proxy-)?user(?:[ \t]{1,8}|=)|(?:-[uU]|--(?:proxy-)?user)\\{0,15}",[ \t\r\n]{0,8})\\{0,15}["'][^\s"':\\]{0,200}:([^"'\\\r\n]{1,300})(?<=\bcurl\b(?:[^\n]|(?<=[\\,]\r?)\n){0,500}?)/g,
    parts: ["curl"],
    accepts: (_name, value) => !value.startsWith("$"),
  },
  {
    pattern:
      /(?<![\w-])(-[uU][ \t]{0,8}|--(?:proxy-)?user(?:[ \t]{1,8}|=))[^\s"':\\]{1,200}:([^\s"'\\]{1,300})(?<=\bcurl\b(?:[^\n]|(?<=[\\,]\r?)\n){0,500}?)/g,
    parts: ["curl"],
    accepts: (_name, value) => !value.startsWith("$"),
  },
];

/** Finds the values of secret names by the syntax around them. */
export function findEnclosedValues(text: string): Span[] {
  const spans: Span[] = [];
  for (const { pattern, parts, accepts } of SYNTAXES) {
    if (!parts.some((part) => text.includes(part))) continue;
    for (const match of text.matchAll(pattern)) {
      const [whole, name = "", value = ""] = match;
      if (!accepts(name, value)) continue;
      const end = match.index + whole.length;
      spans.push({ from: match.index, start: end - value.length, end });
    }
  }
  return spans;
}
