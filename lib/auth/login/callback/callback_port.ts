/**
 * One port of loopback, on IPv4 and IPv6 at once: for `localhost` a browser tries `::1` first, and whoever listened
 * there alone would be sent the code.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import { takeOver } from "./login_takeover.ts";

/** How often a port is asked for that an earlier login promised to leave, and how long between, ms. */
const ATTEMPTS = 50;
const PAUSE_MS = 100;

/** Why a port could not be had. */
export interface PortProblem {
  readonly port: number;
  readonly problem: "in use" | "not permitted";
}

/** Answers a request that came in at a port. */
export type PortHandler = (request: Request, port: number) => Promise<Response>;

/** A port that is ours. */
export interface HeldPort {
  readonly kind: "held";
  readonly port: number;
  /** Answers what is under way, for so long at most, ms: a browser that keeps the line open is not waited for. */
  readonly leave: (limitMs: number) => Promise<void>;
}

/** A port that is somebody else's. */
export interface RefusedPort {
  readonly kind: "refused";
  readonly problem: PortProblem["problem"];
}

/** What holding a port works with. */
export interface HoldPortParts {
  /** The codex home, absolute. */
  readonly home: string;
  readonly world: World;
  readonly signal?: AbortSignal | undefined;
  readonly note: (text: string) => void;
}

/**
 * Binds the port. An earlier login of the same user gives way; anybody else keeps it.
 *
 * @param port 0 lets the system choose
 * @throws the signal's reason
 */
export async function holdPort(
  port: number,
  handle: PortHandler,
  { home, world, signal, note }: HoldPortParts,
): Promise<HeldPort | RefusedPort> {
  const first = await bindBoth(port, handle);
  if (first.kind === "held" || first.problem !== "in use") return first;
  if (!await takeOver({ home, world, signal }, port)) return await bindBoth(port, handle);
  note(`an earlier login gave up port ${port}`);
  for (let attempt = 1;; attempt++) {
    const next = await bindBoth(port, handle);
    if (next.kind === "held" || next.problem !== "in use" || attempt === ATTEMPTS) return next;
    await world.sleep(PAUSE_MS, signal);
  }
}

async function bindBoth(asked: number, handle: PortHandler): Promise<HeldPort | RefusedPort> {
  const first = bind("127.0.0.1", asked, handle);
  if (first.kind === "refused") return first;
  const { port } = first;
  const second = bind("::1", port, handle);
  if (second.kind === "held") {
    const leave = async (limitMs: number) => {
      await Promise.all([first.leave(limitMs), second.leave(limitMs)]);
    };
    return { kind: "held", port, leave };
  }
  // Where there is no such address, or it may not be had, no stranger is met there either.
  if (second.problem === "not permitted") return first;
  await first.leave(PAUSE_MS);
  return second;
}

function bind(hostname: string, port: number, handle: PortHandler): HeldPort | RefusedPort {
  try {
    const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
      { hostname, port, onListen: () => {} },
      (request) => handle(request, server.addr.port),
    );
    return {
      kind: "held",
      port: server.addr.port,
      leave: (limitMs) => within(limitMs, server.shutdown()),
    };
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return { kind: "refused", problem: "in use" };
    // Not permitted, or no such address on this machine: either way this one cannot be had.
    if (error instanceof Error) return { kind: "refused", problem: "not permitted" };
    throw error;
  }
}

/** Waits for work, for so long at most. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
