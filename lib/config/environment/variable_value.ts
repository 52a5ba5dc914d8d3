/**
 * Detects invalid values of variables: with the quotes of a shell, or with an unfilled template.
 *
 * @module
 */
import { CulvertError, type ErrorCode } from "../../errors.ts";

/**
 * Variables that the program reads by a fixed name; those of a provider's `env_key` and headers are added.
 */
export const KNOWN_VARIABLES: readonly string[] = [
  "CULVERT_API_KEY",
  "CODEX_API_KEY",
  "OPENAI_API_KEY",
  "CODEX_ACCESS_TOKEN",
  "OPENAI_BASE_URL",
  "OPENAI_ORGANIZATION",
  "OPENAI_PROJECT",
  "CODEX_HOME",
  "CODEX_OSS_BASE_URL",
  "CODEX_OSS_PORT",
  "CODEX_ROLLOUT_TRACE_ROOT",
  "CODEX_REFRESH_TOKEN_URL_OVERRIDE",
  "CODEX_REVOKE_TOKEN_URL_OVERRIDE",
  "CODEX_APP_SERVER_LOGIN_CLIENT_ID",
  "CODEX_AUTHAPI_BASE_URL",
  "CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL",
  "CODEX_AGENT_IDENTITY_JWKS_BASE_URL",
  "CODEX_INTERNAL_ORIGINATOR_OVERRIDE",
  "CODEX_CA_CERTIFICATE",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "DENO_CERT",
  "CULVERT_CLIENT_CERT",
  "CULVERT_CLIENT_KEY",
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * Removes a matching pair of quotes around a value.
 *
 * @returns the value without them; `undefined` if there is no such pair
 */
export function unquoted(value: string): string | undefined {
  const text = value.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== '"' && quote !== "'") || text.at(-1) !== quote) return undefined;
  const inside = text.slice(1, -1);
  return inside.includes(quote) ? undefined : inside;
}

/**
 * Finds a template that a shell, a container tool or a CI system should have filled: `${NAME}`, `$(…)`, `{{
 * NAME }}`, `%NAME%`, `<name>`.
 *
 * @returns the template, which is no secret; `undefined` if there is none
 */
export function templateIn(value: string): string | undefined {
  return /\$\{[^}]{0,80}\}|\$\([^)]{0,80}\)|\{\{[^}]{0,80}\}\}|%[A-Za-z_][A-Za-z0-9_]{1,80}%|^<[^<>]{1,80}>$/
    .exec(value)?.[0];
}

/**
 * Refuses a value that cannot be used.
 *
 * @param name the variable, for the message
 * @param value the value, of which only a template is repeated
 * @param code `config` for addresses and names, `auth_missing` for keys, `proxy_invalid` for proxies
 * @param options `blanks` also refuses blanks within the value
 * @throws CulvertError of the given code
 */
export function checkValue(
  name: string,
  value: string,
  code: ErrorCode,
  { blanks = true }: { readonly blanks?: boolean } = {},
): void {
  const template = templateIn(value);
  const fault = template !== undefined
    ? `it contains the template ${template}, which was not replaced by a value`
    : blanks && /\s/.test(value.trim())
    ? "it contains blanks"
    : /^["']|["']$/.test(value.trim())
    ? "it begins or ends with a quote that is not closed"
    : undefined;
  if (fault === undefined) return;
  throw new CulvertError(code, `Cannot use the value of ${name}: ${fault}`, {
    hint: `Correct or unset ${name}.`,
    details: { variable: name },
  });
}
