/**
 * What the recorder redacts before anything is written.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { findSecrets } from "../../redaction/find_secrets.ts";
import { cookieHeader, isSecretHeader } from "../../redaction/secret_names.ts";
import { Secrets } from "../../redaction/secrets.ts";
import { mergeSpans, type Span } from "../../redaction/span.ts";
import type { HeaderPair, RedactionProfile } from "./format.ts";
import { itemwise } from "./itemwise.ts";
import { shareText } from "./share_text.ts";

/** Redacts the parts of an exchange. Every function returns its argument where nothing in it is secret. */
export interface CaptureRedaction {
  /** Header fields, names and values in turn. */
  readonly headers: (raw: readonly string[]) => readonly HeaderPair[];
  /** An absolute URL: user information, parameters and fragment. */
  readonly url: (url: string) => string;
  /**
   * A body, an event or a message.
   *
   * @param text its text
   * @param mediaType its media type; absent: JSON where it looks like JSON
   * @param isOAuth whether it was exchanged with an OAuth endpoint, where `code` and `assertion` are secret
   */
  readonly text: (text: string, mediaType: string | undefined, isOAuth: boolean) => string;
  /**
   * A text that a server chooses and that is short: a reason phrase, the name or type of an event, an id, the name of a
   * model. It stands in the line of its record, so that it is cut where it is long; see {@link shortLabel}.
   */
  readonly label: (text: string) => string;
}

/** Headers that identify a person, an account or a machine. */
const IDENTITY: ReadonlySet<string> = new Set([
  "chatgpt-account-id",
  "x-codex-installation-id",
  "x-codex-turn-state",
  "openai-organization",
  "openai-project",
  "cf-connecting-ip",
  "fastly-client-ip",
  "true-client-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-forwarded-email",
  "x-forwarded-for",
  "x-forwarded-preferred-username",
  "x-forwarded-user",
  "x-original-forwarded-for",
  "x-real-ip",
]);

/** The parameters of `Forwarded` that identify the client and the proxies (RFC 7239 §5). */
const FORWARDED_NODE = /\b((?:for|by)=)("[^"]*"|[^\s;,"]+)/gi;

/** Values of secret headers that are this long, UTF-16 units, are looked for everywhere else too. */
const DISTINCTIVE = 16;

/** The members of an OAuth message that are secret nowhere else. A string in any depth of quoting. */
const OAUTH_MEMBER =
  /((\\{0,15})"(?:code|code_verifier|assertion|subject_token|device_code)\2"[ \t\r\n]{0,8}:[ \t\r\n]{0,8}\2")([^"\\]{1,8192})/g;

/**
 * Makes the redaction of one capture. A secret is replaced by `[REDACTED:<hash>]`, where the hash is keyed by a random
 * key that is never stored: equal secrets can be recognized within a capture, and nothing can be computed from it.
 *
 * @param profile `none` redacts nothing; `share` also removes prompts, answers and tool texts
 * @param known secrets that are known from the start, or a register that grows
 */
export function createCaptureRedaction(
  profile: RedactionProfile,
  known: readonly string[] | Secrets = [],
): CaptureRedaction {
  if (profile === "none") {
    return { headers: pairs, url: (url) => url, text: (text) => text, label: shortLabel };
  }
  const secrets = known instanceof Secrets ? known : new Secrets(known);
  const key = crypto.getRandomValues(new Uint8Array(32));
  const hash = (secret: string) => createHmac("sha256", key).update(secret).digest("hex").slice(0, 8);
  const mask = (secret: string) =>
    secret === "" || MASKED.test(secret) ? secret : `[REDACTED:${hash(secret)}]`;
  const audience = profile === "share" ? "anybody" : "user";
  const replace = (text: string, spans: readonly Span[]) => {
    let result = "";
    let position = 0;
    for (const { start, end } of mergeSpans(spans)) {
      result += text.slice(position, start) + mask(text.slice(start, end));
      position = end;
    }
    return position === 0 ? text : result + text.slice(position);
  };
  const plain = (text: string) => replace(text, findSecrets(text, secrets, audience));
  const byItems = itemwise(plain);
  const header = (name: string, value: string): HeaderPair => {
    const lower = name.toLowerCase();
    if (IDENTITY.has(lower)) return [name, value.split(",").map((part) => mask(part.trim())).join(", ")];
    if (lower === "forwarded") {
      return [name, plain(value.replace(FORWARDED_NODE, (_all, parameter, node) => parameter + mask(node)))];
    }
    if (lower === "sec-websocket-protocol") return [name, protocols(value, mask)];
    if (!isSecretHeader(lower) && !SECRET_PART.test(lower)) return [name, plain(value)];
    const scheme =
      /^(?:bearer|basic|digest|negotiate|ntlm|token|apikey|agentassertion|aws4-hmac-sha256)[ \t]+/i
        .exec(value)?.[0] ?? "";
    const secret = value.slice(scheme.length);
    if (cookieHeader(lower) !== undefined) return [name, plain(`${name}: ${value}`).slice(name.length + 2)];
    if (secret.length >= DISTINCTIVE) secrets.add(secret);
    return [name, scheme + mask(secret)];
  };
  return {
    headers: (raw) =>
      pairs(raw).map(([name, value]) => header(name, value)).map(([name, value]) => [plain(name), value]),
    url: plain,
    label: (text) => shortLabel(plain(text)),
    text: (text, mediaType, isOAuth) => {
      const clean = isOAuth
        ? plain(text.replace(OAUTH_MEMBER, (_all, before, _depth, secret) => before + mask(secret)))
        : byItems(text);
      return profile === "share" && mediaType !== "text/plain" ? shareText(clean, hash) : clean;
    },
  };
}

/** Longest label that is recorded whole, UTF-16 units. In JSON, a control character takes six bytes. */
const MAX_LABEL = 64 * 1024;

/** Returns a label; one that is longer than 64 Ki UTF-16 units is cut, with an ellipsis. */
export function shortLabel(text: string): string {
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL)}…` : text;
}

/** What {@link createCaptureRedaction} puts in the place of a secret. */
export const MASK_PATTERN = /\[REDACTED:[0-9a-f]{8}\]/g;
const MASKED = /^(?:\[REDACTED:[0-9a-f]{8}\])$/;

/** Names that are secret by a part of them. `tokens` counts tokens of a model. */
const SECRET_PART = /token(?!s)|secret|cookie|credential/;

/** Browsers have no header for a key, so they offer it as a subprotocol: `openai-insecure-api-key.sk-…`. */
function protocols(value: string, mask: (secret: string) => string): string {
  return value.split(",").map((name) => {
    const [whole, label = ""] =
      /^\s*((?:openai-insecure-api-key|bearer|.*(?:token|key|auth)[^.]*)\.)\S+/i.exec(name) ?? [];
    return whole === undefined
      ? name
      : name.slice(0, name.indexOf(label) + label.length) + mask(name.trim().slice(label.length));
  }).join(",");
}

function pairs(raw: readonly string[]): readonly HeaderPair[] {
  const found: HeaderPair[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return found;
}
