/**
 * The register of the known secrets.
 *
 * @module
 */
import { isSecretName, percentDecoded } from "./secret_names.ts";

/** Shorter values are not masked: they are part of ordinary words, and masking them would make text unreadable. */
const SHORTEST = 4;

/**
 * The secrets that a process knows: keys, tokens, passwords of proxies, header values. Code that reads a
 * secret adds it; every redactor that was created with the register masks it from that time on.
 */
export class Secrets {
  readonly #values = new Set<string>();
  readonly #forms = new Set<string>();
  /** Secrets whose forms are not yet made: a turn that prints no message needs none. */
  #added: string[] = [];
  #sorted: readonly string[] = [];

  /** @param values the initial secrets */
  constructor(values: Iterable<string | undefined> = []) {
    this.add(...values);
  }

  /**
   * Adds secrets. A secret is also found percent-encoded, form-encoded, decoded, and escaped as in a JSON string.
   * Values of fewer than four characters are ignored.
   *
   * @param values secrets; `undefined` is ignored
   */
  add(...values: readonly (string | undefined)[]): void {
    for (const value of values) {
      // The credential of a session is added again with every request.
      if (value === undefined || this.#values.has(value)) continue;
      this.#values.add(value);
      this.#added.push(value);
    }
  }

  /**
   * Adds the user name and password of an address, separately and joined as in an `Authorization: Basic`
   * header.
   *
   * @param address an address with or without user information; it need not be a valid URL
   */
  addAddress(address: string | undefined): void {
    if (address === undefined) return;
    const rest = address.replace(/^\s*[a-z][a-z0-9+.-]{0,30}:\/\//i, "");
    const at = rest.lastIndexOf("@");
    if (at < 0) return;
    const information = rest.slice(0, at);
    const colon = information.indexOf(":");
    const [user, password] = colon < 0
      ? [information, ""]
      : [information.slice(0, colon), information.slice(colon + 1)];
    this.add(user, password, basicCredentials(percentDecoded(user), percentDecoded(password)));
  }

  /** Adds the values of secret headers, such as `Authorization`, with and without their scheme. */
  addHeaders(headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) {
      if (isSecretName(name)) this.add(value, value.replace(/^[A-Za-z][A-Za-z0-9-]{0,30} +/, ""));
    }
  }

  /** Returns every form of every secret, the longest first. */
  get forms(): readonly string[] {
    if (this.#added.length > 0) {
      for (const form of this.#added.flatMap(formsOf)) {
        if (form.length >= SHORTEST && !/^\**$/.test(form)) this.#forms.add(form);
      }
      this.#added = [];
      this.#sorted = [...this.#forms].sort((one, other) => other.length - one.length);
    }
    return this.#sorted;
  }
}

function formsOf(secret: string): readonly string[] {
  const plain = [secret, secret.trim(), percentDecoded(secret)];
  return plain.flatMap((text) => [text, ...encoded(text), ...escaped(text), ...asLatin1(text)]);
}

function encoded(text: string): readonly string[] {
  // A lone surrogate has no UTF-8 encoding, so there is no encoded form of it.
  if (!text.isWellFormed()) return [];
  const percent = encodeURIComponent(text);
  const form = new URLSearchParams([["", text]]).toString().slice(1);
  return [percent, percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()), form];
}

/** Returns the form in a JSON string, and in a JSON string within a JSON string. */
function escaped(text: string): readonly string[] {
  const once = JSON.stringify(text).slice(1, -1);
  return [once, once.replaceAll("/", "\\/"), JSON.stringify(once).slice(1, -1)];
}

/** Returns the UTF-8 bytes as one character each, for the redaction of bytes. */
function asLatin1(text: string): readonly string[] {
  if (/^\p{ASCII}*$/u.test(text)) return [];
  return [Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("")];
}

/** Returns the value of Basic credentials (RFC 7617 §2). */
function basicCredentials(user: string, password: string): string {
  return new TextEncoder().encode(`${user}:${password}`).toBase64();
}
