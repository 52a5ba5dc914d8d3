/**
 * The simulated network of the provider `demo`: a company network with a proxy, an interception and a company's bundle,
 * and a login that its API accepts. The command line and the library send through it as they do for any other provider.
 *
 * @module
 */
import type { Settings } from "../config/settings.ts";
import { type Connection, routesFor, trustFor } from "../connect/connect.ts";
import { CulvertError } from "../errors.ts";
import type { World } from "../world/world.ts";
import { type Network, type NetworkOptions, startNetwork } from "./network.ts";
import { type LoginState, writeLogin } from "./oauth/login_file.ts";

/** The names of OpenAI's models. The simulated API refuses others, which may be misspelled, except {@link foreignModel}. */
const OPENAI_MODEL = /^(?:gpt-|chatgpt-|o\d|codex-|computer-use-|mock-)/;

/** Further faults of the simulated network. */
export interface DemoOptions {
  readonly network?: NetworkOptions;
  /** Default `valid`. */
  readonly login?: LoginState;
  /** The settings of the user, whose {@link foreignModel} the API accepts. */
  readonly settings?: Settings;
}

/** A network that was started, and the world of someone who works inside it. */
export interface Demo extends AsyncDisposable {
  readonly network: Network;
  /** Its environment is the network's, and nothing of the real one. */
  readonly world: World;
}

/**
 * Starts the network and writes a login.
 *
 * @throws CulvertError `config` if the process may not listen on loopback or write a temporary folder
 */
export async function startDemo(real: World, options: DemoOptions = {}): Promise<Demo> {
  const foreign = options.settings && foreignModel(options.settings);
  const network = await startNetwork({
    ...options.network,
    api: { hasModel: (model) => OPENAI_MODEL.test(model) || model === foreign, ...options.network?.api },
  }).catch((error: unknown) => {
    throw forbidden(error);
  });
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
  // The changes to the real environment do not apply to this one.
  const { environment: _, ...others } = real;
  return { ...demo, world: { ...others, env: (name) => variables[name] } };
}

/**
 * Returns the model of a configuration file if it belongs to another provider. The simulated API accepts it, so
 * that the demo works with the configuration of any provider; a model of a flag may be misspelled.
 */
export function foreignModel({ model, sources }: Settings): string | undefined {
  return sources["model"] === "--model" || OPENAI_MODEL.test(model) ? undefined : model;
}

/** Returns the settings of the provider `demo`, with the address and the login of a running network. */
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

/**
 * Returns the roots and routes of the process around the network: telemetry is sent to a real collector.
 *
 * @param settings the settings before {@link demoSettings}
 * @param world the process
 */
export async function sourceOutside(
  settings: Settings,
  world: World,
): Promise<Pick<Connection, "routes" | "trust">> {
  const [trust, { routes }] = await Promise.all([trustFor(settings, world), routesFor(settings, world)]);
  return { routes, trust };
}

/** An embedding program may run with fewer permissions than the command line. */
function forbidden(error: unknown): unknown {
  const cause = error instanceof CulvertError ? error.cause : error;
  if (!(cause instanceof Deno.errors.NotCapable)) return error;
  return new CulvertError(
    "config",
    `Cannot start the simulated network of the provider "demo": ${cause.message}`,
    {
      hint:
        "Grant the program --allow-net, --allow-read and --allow-write, or choose another provider with " +
        "--provider or model_provider in config.toml.",
      cause,
    },
  );
}
