/**
 * The server on loopback that the browser comes back to.
 *
 * @module
 */
import { holdPort, type HoldPortParts, type PortProblem, within } from "./callback_port.ts";
import { CallbackRoutes, type CallbackRoutesOptions } from "./callback_routes.ts";
import { randomText } from "./login_proof.ts";
import { writeClaim } from "./port_claim.ts";

/** Ports that the authority knows for this client, in order. */
export const CALLBACK_PORTS = [1455, 1457] as const;
/** How long the page of a finished login may still be fetched, ms. Nobody waits longer for a closed tab. */
const LINGER_MS = 2_000;

/** What the server works with. In the codex home logins of one user find each other. */
export interface CallbackServerOptions extends Omit<CallbackRoutesOptions, "secret">, HoldPortParts {
  readonly ports: readonly number[];
  /** Default 2 s, for the last page and for the end of each connection. */
  readonly lingerMs?: number;
}

/** A server that waits for the browser. */
export interface CallbackServer {
  readonly port: number;
  /** Lets the last page be fetched, then stops. Never fails. */
  readonly close: () => Promise<void>;
}

/**
 * Holds the first port that can be had. A port that is not permitted counts as one in use: Windows reserves whole
 * ranges for virtual machines.
 *
 * @returns the server, or why no port would do
 * @throws the signal's reason
 */
export async function startCallbackServer(
  options: CallbackServerOptions,
): Promise<CallbackServer | readonly PortProblem[]> {
  const problems: PortProblem[] = [];
  const secret = randomText();
  const lingerMs = options.lingerMs ?? LINGER_MS;
  for (const port of options.ports) {
    const routes = new CallbackRoutes({ ...options, secret });
    const held = await holdPort(port, routes.handle, options);
    if (held.kind === "refused") {
      problems.push({ port, problem: held.problem });
      continue;
    }
    const release = await claimPort(held.port, secret, options);
    return {
      port: held.port,
      close: async () => {
        // Before the port is free: the file of the next holder has the same name.
        await release();
        await within(lingerMs, routes.lastPage);
        await held.leave(lingerMs);
      },
    };
  }
  return problems;
}

/** @returns takes the claim back */
async function claimPort(
  port: number,
  secret: string,
  { home, note }: Pick<CallbackServerOptions, "home" | "note">,
): Promise<() => Promise<void>> {
  try {
    const { release } = await writeClaim(home, port, secret);
    return async () => {
      try {
        await release();
      } catch (error) {
        // What stays opens nothing once the port is left, and the end of the login is told whatever becomes of it.
        if (!(error instanceof Error)) throw error;
        note(`the file of port ${port} stays behind: ${error.name}`);
      }
    };
  } catch (error) {
    // Then a later login takes the other port.
    if (!(error instanceof Error)) throw error;
    note(`no later login can take over port ${port}: ${error.name}`);
    return async () => {};
  }
}
