/**
 * The connection of the provider `demo`: a simulated network is started, and its requests are made like those
 * of any other provider, through a proxy that intercepts TLS, with a company's bundle.
 *
 * @module
 */
import { type Demo, demoSettings, foreignModel, startDemo } from "../../mock/demo.ts";
import { type Connection, type ConnectionParts, connectWith } from "./connection.ts";
import type { Host } from "./host.ts";

/**
 * Builds the connection through the network. The caller stops the network.
 *
 * @param settings model and transport; `--proxy` and `--ca-cert` are used, address and login are those of the
 * network
 * @param beneath stopped with the connection
 * @throws CulvertError of configuration and trust
 */
export async function connectThrough(
  demo: Demo,
  parts: Omit<ConnectionParts, "world">,
): Promise<Connection> {
  return await connectWith({ ...parts, world: demo.world, settings: demoSettings(demo, parts.settings) });
}

/** Starts the network and connects, for the provider `demo` of any command. */
export async function connectToDemo(
  host: Host,
  parts: Omit<ConnectionParts, "world" | "beneath">,
): Promise<Connection> {
  const { reporter, settings } = parts;
  const demo = await startDemo(host.world, { settings });
  const model = foreignModel(settings);
  if (model !== undefined) {
    reporter.warn({
      code: "simulated_model",
      message: `The provider demo simulates "${model}" (${settings.sources["model"]}): no model answers`,
    });
  }
  try {
    const outside = { settings, world: host.world };
    return await connectThrough(demo, { ...parts, beneath: demo, outside });
  } catch (error) {
    await demo[Symbol.asyncDispose]();
    throw error;
  }
}
