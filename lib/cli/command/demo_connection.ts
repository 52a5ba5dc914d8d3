/**
 * The connection of the provider `demo`: a simulated network is started, and from there on everything goes the
 * way of any other provider, through a proxy, an interception and a company's bundle.
 *
 * @module
 */
import type { Settings } from "../../config/settings.ts";
import type { LoginState } from "../../mock/oauth/login_file.ts";
import type { Network, NetworkOptions } from "../../mock/network.ts";
import type { World } from "../../world/world.ts";
import { type Connection, type ConnectionParts, connectWith } from "./connection.ts";
import type { Host } from "./host.ts";

/** What is to stand in the way beside proxy and interception. */
export interface DemoOptions {
  readonly network?: NetworkOptions;
  /** Default `valid`. */
  readonly login?: LoginState;
}

/** A network that was started, and the world of someone who works inside it. */
export interface Demo extends AsyncDisposable {
  readonly network: Network;
  /** Its environment is the network's, and nothing of the real one. */
  readonly world: World;
}

/** Starts the network and logs in. */
export async function startDemo(real: World, options: DemoOptions = {}): Promise<Demo> {
  const [{ startNetwork }, { writeLogin }] = await Promise.all([
    import("../../mock/network.ts"),
    import("../../mock/oauth/login_file.ts"),
  ]);
  const network = await startNetwork(options.network);
  const demo = { network, [Symbol.asyncDispose]: network.close };
  const variables: Readonly<Record<string, string>> = {
    HTTPS_PROXY: network.proxyUrl,
    CODEX_CA_CERTIFICATE: network.bundlePath,
    CODEX_HOME: network.directory,
    // The login's authority stands where the API does, so that a refresh goes the same hard way.
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: new URL("/oauth/token", network.baseUrl).href,
  };
  try {
    await writeLogin(network.directory, network.api.oauth, options.login);
  } catch (error) {
    await network.close();
    throw error;
  }
  // What the real environment went through does not concern this one.
  const { environment: _, ...others } = real;
  return { ...demo, world: { ...others, env: (name) => variables[name] } };
}

/**
 * Settles how to go through the network. The network remains its owner's to stop.
 *
 * @param settings model and transport; `--proxy` and `--ca-cert` are obeyed, address and login are the network's own
 * @param beneath stopped with the connection
 * @throws CulvertError of configuration and trust
 */
export async function connectThrough(
  demo: Demo,
  parts: Omit<ConnectionParts, "world">,
): Promise<Connection> {
  return await connectWith({ ...parts, world: demo.world, settings: demoSettings(demo, parts.settings) });
}

/** Settings of the provider `demo`, with the address and the login of a network that runs. */
export function demoSettings({ network }: Demo, settings: Settings): Settings {
  // Its login is in a file, also where the real one is in a keyring.
  const { loginStorage: _, useAgentIdentity: _a, ...others } = settings;
  return {
    ...others,
    codexHome: network.directory,
    chatgptBaseUrl: new URL("/backend-api", network.baseUrl).href,
    provider: {
      ...settings.provider,
      baseUrl: network.baseUrl,
      requiresOpenAiAuth: true,
      supportsWebsockets: true,
    },
  };
}

/** Both steps, for the provider `demo` of any command. */
export async function connectToDemo(
  host: Host,
  parts: Omit<ConnectionParts, "world" | "beneath">,
): Promise<Connection> {
  const demo = await startDemo(host.world);
  try {
    const outside = { settings: parts.settings, world: host.world };
    return await connectThrough(demo, { ...parts, beneath: demo, outside });
  } catch (error) {
    await demo[Symbol.asyncDispose]();
    throw error;
  }
}
