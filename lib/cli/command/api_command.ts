/**
 * Runs the calls of a command: connects, limits the time, stops at a signal, and disposes of the connection.
 *
 * @module
 */
import { createReporter } from "../output/reporter.ts";
import type { ApiFlags } from "./api_flags.ts";
import { connectCommand, type Connection, type ConnectionFlags } from "./connection.ts";
import type { CliContext } from "./context.ts";
import { startTimeLimit } from "./flags/time_limit.ts";
import { listenForStop } from "./stop_signals.ts";

/** The parts that the calls of a command use. */
export interface ApiCall {
  readonly connection: Connection;
  /** Aborted by a signal of the process and by `--timeout`. */
  readonly signal: AbortSignal;
}

/**
 * Connects and makes the calls of a command, with a line of progress on a terminal.
 *
 * @param what the awaited result, for the progress line
 * @throws CulvertError of configuration and trust; the error of `work`
 */
export async function withApi<T>(
  { host }: CliContext,
  flags: ApiFlags & ConnectionFlags,
  what: string,
  work: (call: ApiCall) => Promise<T>,
): Promise<T> {
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  await using connection = await connectCommand(host, flags, reporter);
  using limit = startTimeLimit(flags.timeout, stop.signal, connection.world);
  using _progress = reporter.wait(what);
  return await work({ connection, signal: limit.signal });
}
