/**
 * The server on loopback that the authority redirects the browser to.
 *
 * @module
 */
import { asCulvertError } from "../../../errors.ts";
import { answerOf, describeAnswer, type PendingAnswer } from "./callback_answer.ts";
import { errorPage, plainPage, redirectTo, successPage } from "./login_pages.ts";

/** The ports that the authority accepts for this client, in order. */
export const CALLBACK_PORTS = [1455, 1457] as const;
/** How long the server waits for the browser after a login, ms. */
const LINGER_MS = 2_000;

/** Why a port cannot be used. */
export interface PortProblem {
  readonly port: number;
  readonly problem: "in use" | "not permitted";
}

interface CallbackServerOptions {
  /** The state that was sent. */
  readonly state: string;
  /** Receives the answer. */
  readonly pending: PendingAnswer;
  /** Ports to try, in order; 0 lets the system choose. */
  readonly ports: readonly number[];
  /** ms. Default: 2 s, for the last page and for the end of each connection. */
  readonly lingerMs?: number;
  readonly note: (text: string) => void;
}

/** A server that waits for the browser. */
export interface CallbackServer {
  readonly port: number;
  /** Lets the browser load the last page, then stops. Never rejects. */
  readonly close: () => Promise<void>;
}

/**
 * Listens on the first port that can be used. Windows does not permit ports that it reserves for virtual machines.
 *
 * @returns the server, if there is one, and the ports that could not be used
 */
export function startCallbackServer(
  options: CallbackServerOptions,
): { readonly server: CallbackServer | undefined; readonly problems: readonly PortProblem[] } {
  const { ports, lingerMs = LINGER_MS } = options;
  const problems: PortProblem[] = [];
  for (const port of ports) {
    const page = { isSent: false, loaded: Promise.withResolvers<void>() };
    const bound = bindLoopback(port, callbackRoutes(options, page));
    if (typeof bound === "string") {
      problems.push({ port, problem: bound });
      continue;
    }
    const close = async () => {
      if (page.isSent) await withTimeout(lingerMs, page.loaded.promise);
      await withTimeout(lingerMs, Promise.all(bound.map((server) => server.shutdown())));
    };
    return { server: { port: bound[0].addr.port, close }, problems };
  }
  return { server: undefined, problems };
}

type Server = Deno.HttpServer<Deno.NetAddr>;
type Handler = (request: Request) => Promise<Response>;

/**
 * Listens on a port of 127.0.0.1 and ::1. A browser may try ::1 first for `localhost`, and another program there would
 * receive the code.
 */
function bindLoopback(
  port: number,
  handle: Handler,
): readonly [Server, ...Server[]] | PortProblem["problem"] {
  const first = bind("127.0.0.1", port, handle);
  if (typeof first === "string") return first;
  const second = bind("::1", first.addr.port, handle);
  if (typeof second !== "string") return [first, second];
  // Without IPv6 no other program can listen there either.
  if (second === "not permitted") return [first];
  void first.shutdown();
  return second;
}

function bind(hostname: string, port: number, handle: Handler): Server | PortProblem["problem"] {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, handle);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "in use";
    // A reserved port, or no such address on this machine.
    if (error instanceof Error) return "not permitted";
    throw error;
  }
}

/** Returns the function that answers the browser. @param page whether it was sent to the success page, and has it */
function callbackRoutes(
  { note, pending, state }: CallbackServerOptions,
  page: { isSent: boolean; readonly loaded: PromiseWithResolvers<void> },
): Handler {
  return async (request) => {
    const url = new URL(request.url);
    // A foreign page that resolves its own name to loopback (DNS rebinding) sends that name.
    const isOwnName = /^(localhost|127\.0\.0\.1|\[::1\]):\d+$/i.test(request.headers.get("host") ?? "");
    if (!isOwnName) return plainPage(400, "Unknown host.");
    // A HEAD, sent by scanners and previews, must not use up the code.
    if (request.method !== "GET") return plainPage(405, "Only GET is supported.");
    if (url.pathname === "/success" && page.isSent) {
      page.loaded.resolve();
      return successPage();
    }
    if (url.pathname !== "/auth/callback") return plainPage(404, "Not found.");
    const answer = answerOf(url.searchParams, state);
    note(describeAnswer(url, answer !== undefined));
    const result = answer === undefined ? undefined : pending.accept(answer);
    if (result === undefined) return plainPage(400, "No login is waiting for this answer.");
    try {
      await result;
    } catch (thrown) {
      return errorPage(asCulvertError(thrown));
    }
    page.isSent = true;
    // The address that stays in the browser contains neither code nor token.
    return redirectTo(`http://localhost:${url.port}/success`);
  };
}

/** Waits for work, at most `limitMs`. */
async function withTimeout(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)))]);
  clearTimeout(timer);
}
