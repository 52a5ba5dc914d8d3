/**
 * Reads `-H 'NAME: VALUE'`.
 *
 * @module
 */
import { addHeaders } from "../../../config/provider.ts";
import type { Settings } from "../../../config/settings.ts";
import { CulvertError } from "../../../errors.ts";
import type { Secrets } from "../../../redaction/secrets.ts";

/** A field name (RFC 9110 §5.1), a colon, and a value of visible characters, spaces and tabs (§5.5). */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t \x21-\x7e\x80-\xff]*)$/;

/** Fields that the connection itself sets (RFC 9110 §7.6.1, RFC 6455 §4.1). */
const RESERVED =
  /^(connection|content-length|host|keep-alive|te|trailer|transfer-encoding|upgrade|sec-websocket-.*|proxy-.*)$/i;

/**
 * Adds headers to those of the provider. They follow the same rules: they are sent only to the provider's
 * origin.
 *
 * @param secrets receives the values, so that no message shows them
 * @throws CulvertError `usage` for text that is not a header, or for a header that cannot be set
 */
export function withHeaders(settings: Settings, headers: readonly string[], secrets: Secrets): Settings {
  const added = parseHeaders(headers);
  secrets.add(...Object.values(added));
  return { ...settings, provider: addHeaders(settings.provider, added) };
}

/**
 * Parses the values of `-H`.
 *
 * @throws CulvertError `usage` for text that is not a header, or for a header that cannot be set
 */
export function parseHeaders(headers: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(headers.map(parseHeader));
}

function parseHeader(header: string): readonly [name: string, value: string] {
  const [, name, value] = FIELD.exec(header) ?? [];
  // The value may be a key, so the message does not contain it.
  if (name === undefined || value === undefined) {
    // The value may be secret, and without a colon its start is not known.
    const shown = header.includes(":")
      ? `"${header.slice(0, header.indexOf(":"))}"`
      : "a value without a colon";
    throw new CulvertError("usage", `-H: ${shown} is not a header`, {
      hint: "Write -H 'name: value', with visible characters only.",
      details: { flag: "--header" },
    });
  }
  if (!RESERVED.test(name)) return [name, value.trimEnd()];
  throw new CulvertError("usage", `-H: the header "${name}" belongs to the connection and cannot be set`, {
    hint: "Remove it.",
    details: { flag: "--header" },
  });
}
