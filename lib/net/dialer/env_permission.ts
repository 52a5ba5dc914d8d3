/**
 * Detects what does not work in an embedding program that lacks the permission for some environment
 * variables.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Warning } from "../../warning.ts";
import { PROXY_VARIABLES } from "../route/route_table.ts";

/**
 * Returns a warning if the variables that must not override a route cannot be hidden. The runtime reads them
 * when an HTTP client is created (observed with Deno 2.9.6), so an address in one of them would be used.
 */
export function hidingWarning(): Warning | undefined {
  const open = PROXY_VARIABLES.filter((variable) =>
    Deno.permissions.querySync({ name: "env", variable }).state !== "granted"
  );
  if (open.length === 0) return undefined;
  const message = `No permission to hide ${open.join(", ")}: if one is set, HTTP requests may use it ` +
    "instead of the configured route. Run with --allow-env for them";
  return { code: "environment_not_hidden", message };
}

/** The variables that `ws` reads when it is loaded. */
const WS_VARIABLES = ["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE"] as const;

/**
 * Returns the error for a websocket library that could not be loaded because a permission is missing; any
 * other error is returned unchanged.
 */
export function loadingFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Deno.errors.NotCapable)) return thrown;
  const flag = `--allow-env=${WS_VARIABLES.join(",")}`;
  return new CulvertError(
    "websocket",
    "Cannot open a websocket: its library has no permission to read the environment",
    {
      hint: `Run with ${flag}, or use the transport sse.`,
      details: { permission: flag },
      cause: thrown,
    },
  );
}
