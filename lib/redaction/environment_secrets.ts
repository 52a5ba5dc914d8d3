/**
 * Collects the secrets in the environment and the command line.
 *
 * @module
 */
import type { Environment } from "../world/world.ts";
import { Secrets } from "./secrets.ts";

/** Variables whose whole value is a secret. */
const SECRET_VARIABLES = [
  "CULVERT_API_KEY",
  "CODEX_API_KEY",
  "OPENAI_API_KEY",
  "CODEX_ACCESS_TOKEN",
  "AZURE_OPENAI_API_KEY",
  "OPENAI_ADMIN_KEY",
];

/** Variables whose value may contain a user name and a password. */
const ADDRESS_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "OPENAI_BASE_URL"];

/**
 * Collects the secrets of the environment and the command line.
 *
 * @param env the environment
 * @param addresses further addresses that may contain user information, such as the value of `--proxy`
 */
export function secretsAround(env: Environment, addresses: readonly string[] = []): Secrets {
  const secrets = new Secrets(SECRET_VARIABLES.map(env));
  for (const name of ADDRESS_VARIABLES) {
    secrets.addAddress(env(name));
    secrets.addAddress(env(name.toLowerCase()));
  }
  for (const address of addresses) secrets.addAddress(address);
  return secrets;
}
