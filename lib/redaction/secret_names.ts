/**
 * Names of headers, JSON keys, form fields and parameters whose values are secret.
 *
 * @module
 */

/**
 * Endings of names, in lower case and without hyphens and underscores: `x-goog-api-key` and `openaiApiKey`
 * both end in `apikey`. A plural such as `input_tokens` does not match.
 */
const SECRET_ENDINGS = [
  "accesskey",
  "apikey",
  "apisecret",
  "assertion",
  "authorization",
  "authorizationcode",
  "clientsecret",
  "codeverifier",
  "cookie",
  "credential",
  "devicecode",
  "encryptionkey",
  "functionskey",
  "idtokenhint",
  "jwt",
  "masterkey",
  "passphrase",
  "passwd",
  "password",
  "privatekey",
  "secret",
  "secretkey",
  "signature",
  "signingkey",
  "subscriptionkey",
  "token",
] as const;

/** Complete names, in the same form. */
const SECRET_NAMES = new Set(["deviceauthid", "pass", "pwd", "samlresponse", "usercode", "xoaiattestation"]);

/**
 * Names that are secret only as parameters of an address or as form fields: elsewhere they name harmless things, such
 * as the code of an error.
 */
const SECRET_PARAMETERS = new Set(["code", "key", "sig", "state"]);

/** Headers whose value extends to the end of the line, blanks included. */
const WHOLE_LINE = /(?:authorization|cookie)$/;

/**
 * Returns whether the value of a header, JSON key, variable or flag of this name is secret.
 *
 * @param name in any case, with hyphens, underscores or none, percent-encoded or not
 */
export function isSecretName(name: string): boolean {
  let isSecret = answers.get(name);
  if (isSecret === undefined) {
    const plain = normalize(name);
    isSecret = SECRET_NAMES.has(plain) || isSecretExtension(name) ||
      SECRET_ENDINGS.some((ending) => plain.endsWith(ending));
    if (answers.size >= MAX_ANSWERS) answers.clear();
    answers.set(name, isSecret);
  }
  return isSecret;
}

/** A cache of {@link isSecretName}: every message of a protocol has the same names. */
const answers = new Map<string, boolean>();
const MAX_ANSWERS = 1_000;

/** Last words of the names of headers whose value is secret: `X-Auth-Key`, `Auth`. */
const SECRET_WORD = /(?:^|[-_])(?:auth|authentication|csrf|key|pass|pin|otp|xsrf)$/i;
/** Keys that name something instead of opening it, such as the key under which a CDN keeps a response. */
const NAMING_KEY =
  /(?:^|[-_])(?:cache|idempotency|object|partition|public|routing|sort|surrogate|websocket)[-_]key$/i;

/** Returns whether the value of a header of this name is secret. */
export function isSecretHeader(name: string): boolean {
  return (SECRET_WORD.test(name) && !NAMING_KEY.test(name)) || isSecretName(name);
}

/** Returns whether a name is that of a secret header by its prefix `X-`, in any context. */
function isSecretExtension(name: string): boolean {
  return /^x[-_]/i.test(name) && SECRET_WORD.test(name) && !NAMING_KEY.test(name);
}

/** Returns whether a parameter of an address or a form field of this name is secret. */
export function isSecretParameter(name: string): boolean {
  return SECRET_PARAMETERS.has(normalize(name)) || isSecretName(name);
}

/** Returns whether a header of this name has blanks in its value, as `Authorization` and `Cookie` do. */
export function isWholeLineHeader(name: string): boolean {
  return WHOLE_LINE.test(normalize(name));
}

/** Returns whether a header contains `name=value` pairs: `Cookie` (RFC 6265 §4.2) or `Set-Cookie` (§4.1). */
export function cookieHeader(name: string): "cookie" | "set-cookie" | undefined {
  const plain = normalize(name);
  if (!plain.endsWith("cookie")) return undefined;
  return plain.endsWith("setcookie") ? "set-cookie" : "cookie";
}

function normalize(name: string): string {
  return percentDecoded(name).toLowerCase().replace(/[-_]/g, "");
}

/** Decodes percent-encoding (RFC 3986 §2.1); text that is not validly encoded is returned unchanged. */
export function percentDecoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
