/**
 * `--provider demo`: the simulated network, started for the length of a command and reached as a real one would
 * be, through its intercepting proxy with the company's bundle.
 *
 * @module
 */
import type { Settings } from "../config/settings.ts";
import { type NetworkOptions, startNetwork } from "../mock/network.ts";
import type { Observer } from "../net/observer.ts";
import type { World } from "../world.ts";
import { type Connection, connectWith } from "./connection.ts";
import type { Host } from "./host.ts";
import type { Voice } from "./voice.ts";

/**
 * Connects to a demo network of its own. What the environment says of proxies, roots and keys is set aside for
 * what the network says.
 *
 * @param host the process
 * @param settings of the provider `demo`
 * @param voice told of warnings
 * @param listen told every observation
 * @param options how hostile the network is; default: it intercepts, and answers well
 */
export async function connectToDemo(
  host: Host,
  settings: Settings,
  voice: Voice,
  listen: Observer,
  options: NetworkOptions = {},
): Promise<Connection> {
  const network = await startNetwork(options);
  try {
    return await connectWith({
      host,
      world: demoWorld(host.world, network.env),
      settings: {
        ...settings,
        caCert: network.bundlePath,
        proxy: network.proxyUrl,
        provider: { ...settings.provider, baseUrl: network.baseUrl, envKey: "CULVERT_API_KEY" },
      },
      voice,
      listen,
      beneath: { [Symbol.asyncDispose]: () => network.close() },
    });
  } catch (error) {
    await network.close();
    throw error;
  }
}

/** The world with the network's variables in the place of the user's. */
export function demoWorld(world: World, variables: Readonly<Record<string, string>>): World {
  const settled =
    /^(https?|all|no)_proxy$|^(CODEX_CA_CERTIFICATE|SSL_CERT_FILE|DENO_TLS_CA_STORE)$|_API_KEY$/i;
  return { ...world, env: (name) => settled.test(name) ? variables[name] : world.env(name) };
}
