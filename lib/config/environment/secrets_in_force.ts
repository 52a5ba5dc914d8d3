/**
 * Collects the secrets in settings and environment.
 *
 * @module
 */
import { isSecretName } from "../../redaction/secret_names.ts";
import type { Secrets } from "../../redaction/secrets.ts";
import type { World } from "../../world/world.ts";
import type { Settings } from "../settings.ts";

/**
 * Shortest value that is masked for a header or parameter whose name is not known as secret, characters.
 * Shorter values are words such as `true` or `platform`.
 */
const SHORTEST_UNNAMED = 8;

/** The usual form of a variable's name. */
const VARIABLE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

/** Headers and parameters that are not secret. */
const HARMLESS =
  /^(?:accept.*|api-version|content-.*|openai-(?:beta|organization|project)|originator|user-agent|version|x-client.*)$/i;

/**
 * Adds the secrets of settings and environment to a register: the provider's key and bearer token, values of its
 * headers and query parameters, the password of the proxy and of addresses, keys of `$CODEX_HOME/.env`.
 *
 * @param secrets the register
 * @param settings the settings in force
 * @param world the environment in force
 */
export function addSecretsInForce(
  secrets: Secrets,
  { provider, proxy, telemetry }: Pick<Settings, "provider" | "proxy" | "telemetry">,
  world: Pick<World, "env" | "environment">,
): void {
  secrets.add(provider.bearerToken);
  if (provider.envKey !== undefined) {
    const key = world.env(provider.envKey);
    secrets.add(key);
    // Some users write the key in place of the name of its variable.
    if (key === undefined && !VARIABLE.test(provider.envKey)) secrets.add(provider.envKey);
  }
  addNamed(secrets, provider.headers);
  addNamed(secrets, provider.queryParams);
  for (const address of [proxy, provider.baseUrl]) addAddress(secrets, address);
  for (const { headers, url } of telemetry?.destinations ?? []) {
    addNamed(secrets, headers);
    addAddress(secrets, url);
  }
  for (const name of world.environment?.file?.names ?? []) {
    const value = world.env(name);
    if (isSecretName(name)) secrets.add(value);
    else secrets.addAddress(value);
  }
}

function addNamed(secrets: Secrets, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (isSecretName(name) || (value.length >= SHORTEST_UNNAMED && !HARMLESS.test(name))) secrets.add(value);
  }
}

function addAddress(secrets: Secrets, address: string | undefined): void {
  if (address === undefined) return;
  secrets.addAddress(address);
  const query = URL.parse(address)?.searchParams;
  if (query !== undefined) addNamed(secrets, Object.fromEntries(query));
}
