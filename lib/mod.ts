/**
 * culvert, for programs that embed it.
 *
 * @example Print an answer as it arrives
 * ```ts ignore
 * import { createClient, userMessage } from "@culvert/culvert";
 *
 * using client = await createClient({ model: "gpt-6.1-sol" });
 * for await (const event of client.turn({ input: [userMessage("Why is the sky blue?")] })) {
 *   if (event.type === "response.output_text.delta") console.log(event.delta);
 *   if (event.type === "culvert.result" && event.error !== null) throw new Error(event.error.message);
 * }
 * ```
 *
 * @module
 */
import { processWorld } from "./cli/process.ts";
import { type Client, type ClientOptions, openClient } from "./responses/client.ts";
import type { World } from "./world.ts";

/**
 * Opens a client: settings, roots, routes and credential as the command line finds them, unless `options`
 * says otherwise. No connection is made yet.
 *
 * @param options what is known better than by environment and `config.toml`
 * @param world environment, clock and chance; default: those of the process
 * @throws CulvertError of configuration, proxy and trust
 */
export function createClient(options: ClientOptions = {}, world: World = processWorld()): Promise<Client> {
  return openClient(options, world);
}

export { Client, type ClientOptions, type ClientRequest } from "./responses/client.ts";
export { Session, type SessionOptions } from "./responses/session.ts";
export { Turn, type TurnOptions } from "./responses/turn.ts";
export type { TurnRequest } from "./responses/request.ts";
export type * from "./responses/events.ts";
export type * from "./responses/items.ts";
export { isFunctionCall, isMessage, outputText, userMessage } from "./responses/items.ts";
export {
  CulvertError,
  type DetailValue,
  ERROR_CODES,
  type ErrorCode,
  EXIT,
  type ExitStatus,
} from "./errors.ts";
export type { Warning } from "./warning.ts";
export type { World } from "./world.ts";
