/**
 * The server on loopback that the browser comes back to.
 *
 * @module
 */
import type { World } from "../world.ts";
import { CallbackRoutes, type CallbackRoutesOptions } from "./callback_routes.ts";
import { randomText } from "./login_proof.ts";
import { takeOver } from "./login_takeover.ts";
import { type PortClaim, writeClaim } from "./port_claim.ts";

/** Ports that the authority knows for this client, in order. */
export const CALLBACK_PORTS = [1455, 1457] as const;
/** How long the page of a finished login may still be fetched, ms. Nobody waits longer for a closed tab. */
const LINGER_MS = 2_000;
/** How often a port is asked for that an earlier login promised to leave, and how long between, ms. */
const ATTEMPTS = 50;
const PAUSE_MS = 100;

/** What the server works with. */
export interface CallbackServerOptions extends Omit<CallbackRoutesOptions, "secret"> {
  readonly ports: readonly number[];
  /** The codex home, absolute: there, logins of one user find each other. */
  readonly home: string;
  readonly world: World;
  readonly signal?: AbortSignal | undefined;
  /** Default 2 s, for the last page and for the end of each connection. */
  readonly lingerMs?: number;
}

/** A server that waits for the browser. */
export interface CallbackServer {
  readonly port: number;
  /** Lets the last page be fetched, then stops. */
  readonly close: () => Promise<void>;
}

/** Why a port could not be had. */
export interface PortProblem {
  readonly port: number;
  readonly problem: "in use" | "not permitted";
}

/**
 * Binds the first port that can be had, on IPv4 and, where there is one, on IPv6 loopback. An earlier login of the
 * same user gives way; anybody else keeps the port. A port that is not permitted counts as one in use: Windows
 * reserves whole ranges for virtual machines.
 *
 * @returns the server, or why no port would do
 * @throws the signal's reason
 */
export async function startCallbackServer(
  options: CallbackServerOptions,
): Promise<CallbackServer | readonly PortProblem[]> {
  const problems: PortProblem[] = [];
  const secret = randomText();
  for (const port of options.ports) {
    const routes = new CallbackRoutes({ ...options, secret });
    const first = await bindOrTakeOver(port, routes, options);
    if (typeof first === "string") {
      problems.push({ port, problem: first });
      continue;
    }
    const bound = first.addr.port;
    routes.port = bound;
    const second = bind("::1", bound, routes);
    const servers = typeof second === "string" ? [first] : [first, second];
    const claim = await claimPort(bound, secret, options);
    return {
      port: bound,
      close: async () => {
        // Before the port is free: the file of the next holder has the same name.
        await claim?.release();
        await closeAll(servers, routes, options.lingerMs ?? LINGER_MS);
      },
    };
  }
  return problems;
}

type Server = Deno.HttpServer<Deno.NetAddr>;

async function bindOrTakeOver(
  port: number,
  routes: CallbackRoutes,
  { home, world, signal, note }: CallbackServerOptions,
): Promise<Server | PortProblem["problem"]> {
  const first = bind("127.0.0.1", port, routes);
  if (first !== "in use") return first;
  if (!await takeOver({ home, world, signal }, port)) return bind("127.0.0.1", port, routes);
  note(`an earlier login gave up port ${port}`);
  for (let attempt = 1;; attempt++) {
    const next = bind("127.0.0.1", port, routes);
    if (next !== "in use" || attempt === ATTEMPTS) return next;
    await world.sleep(PAUSE_MS, signal);
  }
}

function bind(hostname: string, port: number, routes: CallbackRoutes): Server | PortProblem["problem"] {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, routes.handle);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "in use";
    // Not permitted, or no such address on this machine: either way this one cannot be had.
    if (error instanceof Error) return "not permitted";
    throw error;
  }
}

async function claimPort(
  port: number,
  secret: string,
  { home, note }: CallbackServerOptions,
): Promise<PortClaim | undefined> {
  try {
    return await writeClaim(home, port, secret);
  } catch (error) {
    // Then a later login takes the other port.
    if (!(error instanceof Error)) throw error;
    note(`no later login can take over port ${port}: ${error.name}`);
    return undefined;
  }
}

async function closeAll(
  servers: readonly Server[],
  routes: CallbackRoutes,
  lingerMs: number,
): Promise<void> {
  if (routes.isPageOwed) await within(lingerMs, routes.pageFetched.promise);
  // The answer under way is sent first; a browser that keeps the line open is not waited for.
  await within(lingerMs, Promise.all(servers.map((server) => server.shutdown())));
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
