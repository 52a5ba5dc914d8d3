/**
 * The connection of the provider `demo`: a simulated network is started, and from there on everything goes the
 * way of any other provider, through a proxy, an interception and a company's bundle.
 *
 * @module
 */
import { type Demo, demoSettings, startDemo } from "../../mock/demo.ts";
import { type Connection, type ConnectionParts, connectWith } from "./connection.ts";
import type { Host } from "./host.ts";

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
