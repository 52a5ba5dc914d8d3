/**
 * The flag `--port` of commands that listen, and the error for a port that cannot be used.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { parsedFlag } from "../command/flags/flag_kinds.ts";
import { integerUpTo } from "../command/flags/parsers.ts";

/** The flag. */
export const PORT_FLAG = parsedFlag(
  integerUpTo(65_535),
  "N",
  "Port on 127.0.0.1; by default the system chooses a free one",
);

/**
 * Starts a server.
 *
 * @param port value of the flag
 * @param start starts the server; any error counts as a failure to listen
 * @throws CulvertError `usage`
 */
export async function listenOn<SERVER>(
  port: number | undefined,
  start: () => Promise<SERVER>,
): Promise<SERVER> {
  try {
    return await start();
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const reason = isTaken ? "the port is in use" : error instanceof Error ? error.message : String(error);
    throw new CulvertError("usage", `Cannot listen on 127.0.0.1:${port ?? 0}: ${reason}`, {
      hint: "Choose another --port, or omit it to let the system choose.",
      details: { flag: "--port", port: port ?? 0 },
      cause: error,
    });
  }
}
