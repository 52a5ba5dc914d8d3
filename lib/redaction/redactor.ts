/**
 * The one redaction of the house: takes secrets out of whatever is about to be written, be it an error, a report or
 * a JSON line. What is written is made so that none gets that far; this is the second lock, for what servers, proxies
 * and files put into the text that is quoted from them.
 *
 * @module
 */
import type { DetailValue } from "../errors.ts";
import type { Environment } from "../world/world.ts";

/** Replaces what is secret in a text. */
export type Redactor = (text: string) => string;

const MASK = "***";

/** Shapes that give a secret away wherever it stands. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // User information of a URL, with or without a password; not the words that stand for it in a remedy.
  // (Bounded at both ends of the scheme: a long word would be looked through from each of its letters on.)
  [/((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/)(?!user:password@host)[^\s/?#"'<>]+@/gi, `$1${MASK}@`],
  // The value of an authorization header.
  [/\b(bearer|basic|negotiate|ntlm)\s+[A-Za-z0-9+/_.~=-]{8,}/gi, `$1 ${MASK}`],
  // JSON Web Tokens.
  [/\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*/g, MASK],
  // API keys and tokens by their well-known beginnings.
  [/\b(?:sk|sess|ghp|gho)[-_][A-Za-z0-9_*.-]{8,}/g, MASK],
  // Shorter beginnings are also those of words and of people's names, which stand in paths: only long ones count.
  [/\b(?:pat|at|rt)[-_][A-Za-z0-9_-]{20,}/g, MASK],
  // Values of URL parameters that are named like nothing else.
  [/([?&](?:state|key|code_verifier)=)[^\s&"'#]+/gi, `$1${MASK}`],
  // Values of URL parameters and of assignments that are named like secrets.
  [
    /((?:api[-_]?key|access[-_]?token|refresh[-_]?token|id[-_]?token|token|secret|password|passwd|pwd|signature|sig|code)=)[^\s&"'#]+/gi,
    `$1${MASK}`,
  ],
];

/** Parameters of a URL whose values are secret; the list is the codex client's (0.169.0). */
const SECRET_PARAMETERS: readonly string[] = [
  "access_token",
  "api_key",
  "client_secret",
  "code",
  "code_verifier",
  "id_token",
  "key",
  "refresh_token",
  "requested_token",
  "state",
  "subject_token",
  "token",
];

/**
 * An address as it may be said and logged: user information and fragment are left out, values of secret parameters
 * are marked, everything else stays.
 *
 * @returns a fixed word for what is no address of the network: who knows what it is
 */
export function redactUrl(text: string): string {
  const url = URL.parse(text);
  // Without a host it may be any words with a colon among them.
  if (url === null || url.host === "") return "<invalid url>";
  url.username = url.password = url.hash = "";
  const pairs = url.search.slice(1).split("&").map((pair) => {
    const [name = ""] = pair.split("=");
    return SECRET_PARAMETERS.includes(decoded(name).toLowerCase()) ? `${name}=${MASK}` : pair;
  });
  url.search = pairs.join("&");
  return url.href;
}

/** What is no secret to the user, who is told who signed in, and is nobody else's business in a report. */
const E_MAIL = /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g;

/** Who will read it: the user at the terminal, or whoever a report is sent to. */
export type Audience = "user" | "anybody";

/** Shorter values are no secrets worth the name, and replacing them would maim the text. */
const SHORTEST = 4;

/**
 * Makes a redactor.
 *
 * @param secrets values that are known to be secret; each is replaced as it is and percent-encoded
 * @param audience e-mail addresses are kept for the user alone
 */
export function createRedactor(secrets: readonly string[] = [], audience: Audience = "anybody"): Redactor {
  const known = new Set<string>();
  for (const secret of secrets) {
    for (const form of [secret, secret.trim(), encodeURIComponent(secret), decoded(secret)]) {
      if (form.length >= SHORTEST) known.add(form);
    }
  }
  const longestFirst = [...known].sort((one, other) => other.length - one.length);
  return (text) => {
    let clean = text;
    for (const secret of longestFirst) clean = clean.replaceAll(secret, MASK);
    for (const [shape, mask] of SHAPES) clean = clean.replace(shape, mask);
    return audience === "user" ? clean : clean.replace(E_MAIL, MASK);
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // Not percent-encoded: the text as it is stands for itself.
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** Facts for machines, as errors and checks carry them. */
type Details = Readonly<Record<string, DetailValue>>;

/** Details with every text in them redacted, names included. */
export function redactDetails(details: Details, redact: Redactor): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [redact(name), redactValue(value, redact)]),
  );
}

function redactValue(value: DetailValue, redact: Redactor): DetailValue {
  if (typeof value === "string") return redact(value);
  if (isList(value)) return value.map((entry) => redactValue(entry, redact));
  return typeof value === "object" && value !== null ? redactDetails(value, redact) : value;
}

function isList(value: DetailValue): value is readonly DetailValue[] {
  return Array.isArray(value);
}

/** Variables whose whole value is a secret. */
const SECRET_VARIABLES = [
  "CULVERT_API_KEY",
  "CODEX_API_KEY",
  "OPENAI_API_KEY",
  "CODEX_ACCESS_TOKEN",
  "AZURE_OPENAI_API_KEY",
  "OPENAI_ADMIN_KEY",
];

/** Variables whose value may carry user and password. */
const ADDRESS_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/**
 * Collects the secrets that the environment and the command line hold.
 *
 * @param env the environment
 * @param addresses further addresses that may carry user information, such as the value of `--proxy`
 */
export function secretsAround(env: Environment, addresses: readonly string[] = []): readonly string[] {
  const proxies = ADDRESS_VARIABLES.flatMap((name) => [env(name) ?? "", env(name.toLowerCase()) ?? ""]);
  return [
    ...SECRET_VARIABLES.map((name) => env(name) ?? ""),
    ...[...proxies, ...addresses].flatMap(userInformation),
  ];
}

/** User and password of an address, as they stand there. By hand: the address may be no URL at all. */
function userInformation(address: string): readonly string[] {
  const rest = address.replace(/^\s*[a-z][a-z0-9+.-]*:\/\//i, "");
  const at = rest.lastIndexOf("@");
  if (at < 0) return [];
  const user = rest.slice(0, at);
  const colon = user.indexOf(":");
  return colon < 0 ? [user] : [user.slice(0, colon), user.slice(colon + 1)];
}
