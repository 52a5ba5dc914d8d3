/**
 * Configuration keys that are set on the command line with `-C KEY=VALUE`.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";

/** Longest assignment, characters. */
const LONGEST = 64 * 1024;

/**
 * Parses assignments as a TOML document. A value that is not TOML is read as a string, so that `model=gpt-x`
 * needs no quotes.
 *
 * @param assignments `KEY=VALUE`, where the key may have dots; the later of two for one key is used
 * @throws CulvertError `usage` for text that is not an assignment
 */
export async function parseOverrides(assignments: readonly string[]): Promise<Record<string, unknown>> {
  const { parse } = await import("smol-toml");
  let document: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const equals = assignment.indexOf("=");
    const key = assignment.slice(0, equals).trim();
    const value = assignment.slice(equals + 1).trim();
    // A line break would let a value assign further keys.
    if (equals < 1 || /[\r\n]/.test(assignment) || assignment.length > LONGEST || !isKey(key)) {
      throw new CulvertError(
        "usage",
        `-C needs KEY=VALUE, where KEY is a key of config.toml such as "model"`,
        {
          hint: 'Write -C model=NAME, or -C model_providers.gateway.base_url="https://gateway.example/v1".',
        },
      );
    }
    document = mergeTables(document, parseOne(parse, key, value));
  }
  return document;
}

/** Returns whether a text consists of bare and quoted keys with dots between them (TOML 1.0, "Keys"). */
function isKey(key: string): boolean {
  const part = /(?:[A-Za-z0-9_-]{1,200}|"[^"\\]{0,200}"|'[^']{0,200}')/.source;
  return new RegExp(`^${part}(?:\\.${part}){0,20}$`).test(key);
}

function parseOne(
  parse: (text: string) => Record<string, unknown>,
  key: string,
  value: string,
): Record<string, unknown> {
  try {
    return parse(`${key} = ${value}`);
  } catch {
    // Not a TOML value, so it is a string without quotes. JSON strings are TOML strings.
    return parse(`${key} = ${JSON.stringify(value)}`);
  }
}

/** Merges one table into another; nested tables are merged, other values are replaced. */
export function mergeTables(
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const other = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isTable(value) && isTable(other) ? mergeTables(other, value) : value;
  }
  return merged;
}

/** Returns whether a value is a table of TOML. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
