/**
 * The environment of a program that is to use the roots and the proxy of culvert.
 *
 * @module
 */
import { makeTemporaryFolder } from "../../files/temporary_folder.ts";
import { join } from "node:path";
import { cleanBundle } from "../../trust/bundle/clean_bundle.ts";
import { rootsReader } from "../../trust/roots/system_roots.ts";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { World } from "../../world/world.ts";
import { CA_PROGRAMS } from "./ca_variables.ts";

/** A PEM file for a program. Disposing of it removes it. */
export interface ChildBundle extends AsyncDisposable {
  readonly path: string;
}

/**
 * Writes every root in force to one PEM file, since most variables replace the roots of the program that reads them.
 *
 * @param extra further certificates, PEM; they come first
 */
export async function writeChildBundle(
  trust: TrustStore,
  world: World,
  extra: readonly string[] = [],
): Promise<ChildBundle> {
  const roots = rootsReader({ world });
  const [system, mozilla] = await Promise.all([roots.system(), roots.mozilla()]);
  const own = trust.bundle?.certificates.map(({ pem }) => pem) ?? trust.additionalRoots;
  const { text } = cleanBundle([...extra, ...own, ...system.pems, ...mozilla.pems]);
  const directory = await makeTemporaryFolder("culvert-child-");
  const remove = () => Deno.remove(directory, { recursive: true });
  try {
    const path = join(directory, "roots.pem");
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Returns the variables by which programs of every ecosystem trust the roots in a file. */
export function bundleVariables(path: string): Record<string, string> {
  return Object.fromEntries(CA_PROGRAMS.map(([, variable]) => [variable, path]));
}

/** Hosts that no proxy can reach: they are this machine. */
const LOOPBACK = "localhost,127.0.0.1,::1";

/**
 * Returns the variables that lead the programs of every ecosystem through one proxy. Loopback is excepted.
 *
 * @param proxyUrl may have user information
 */
export function proxyVariables(proxyUrl: string): Record<string, string> {
  return {
    ...inBothCases({ HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl, ALL_PROXY: proxyUrl, NO_PROXY: LOOPBACK }),
    // Programs that have a configuration of their own, which these variables override.
    npm_config_proxy: proxyUrl,
    npm_config_https_proxy: proxyUrl,
    npm_config_noproxy: LOOPBACK,
    CARGO_HTTP_PROXY: proxyUrl,
    PIP_PROXY: proxyUrl,
    YARN_HTTP_PROXY: proxyUrl,
    YARN_HTTPS_PROXY: proxyUrl,
    // Node obeys the proxy variables only with this one: fetch since 22.21 and 24.0, http and https since 24.5
    // (https://nodejs.org/api/cli.html#node_use_env_proxy1).
    NODE_USE_ENV_PROXY: "1",
  };
}

/** Returns the variables that take every proxy away; an empty value counts as unset. */
export function withoutProxyVariables(): Record<string, string> {
  return inBothCases({ HTTP_PROXY: "", HTTPS_PROXY: "", ALL_PROXY: "", NO_PROXY: "" });
}

/**
 * Returns the proxy variables that are set, in both letter cases: some programs read one of the two only. Of a
 * variable that is set in both, the upper case counts.
 */
export function sameProxyVariables({ env }: Pick<World, "env">): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]) {
    const value = [env(name), env(name.toLowerCase())].find((set) => set !== undefined && set !== "");
    if (value !== undefined) Object.assign(found, inBothCases({ [name]: value }));
  }
  return Object.keys(found).length === 0 ? found : { ...found, NODE_USE_ENV_PROXY: "1" };
}

function inBothCases(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => [[name, value], [name.toLowerCase(), value]]),
  );
}
