/**
 * The server on loopback that the authority redirects the browser to.
 *
 * @module
 */
import { deadline } from "../../../async/deadline.ts";
import { raceAbort } from "../../../async/race_abort.ts";
import { asCulvertError } from "../../../errors.ts";
import { type LoopbackProblem, serveLoopback } from "../../../net/server/loopback_server.ts";
import type { World } from "../../../world/world.ts";
import { answerOf, describeAnswer, type PendingAnswer } from "./callback_answer.ts";
import { errorPage, plainPage, redirectTo, successPage } from "./login_pages.ts";

/** The ports that the authority accepts for this client, in order. */
export const CALLBACK_PORTS = [1455, 1457] as const;
/** How long the server waits for the browser after a login, ms. */
const LINGER_MS = 2_000;

/** Why a port cannot be used. */
export interface PortProblem {
  readonly port: number;
  readonly problem: LoopbackProblem;
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
  readonly world: Pick<World, "sleep">;
}

/** A server that waits for the browser. */
export interface CallbackServer {
  readonly port: number;
  /** Lets the browser load the last page, then stops. Never rejects. */
  readonly close: () => Promise<void>;
}

/**
 * Listens on the first port that can be used.
 *
 * @returns the server, if there is one, and the ports that could not be used
 */
export function startCallbackServer(
  options: CallbackServerOptions,
): { readonly server: CallbackServer | undefined; readonly problems: readonly PortProblem[] } {
  const { ports, lingerMs = LINGER_MS, world } = options;
  const problems: PortProblem[] = [];
  const linger = async (work: Promise<void>) => {
    using limit = deadline(lingerMs, world);
    await raceAbort(work, limit.signal).catch(() => {/* it did not end in time */});
  };
  for (const port of ports) {
    const page = { isSent: false, loaded: Promise.withResolvers<void>() };
    const server = serveLoopback(port, callbackRoutes(options, page));
    if (typeof server === "string") {
      problems.push({ port, problem: server });
      continue;
    }
    const close = async () => {
      if (page.isSent) await linger(page.loaded.promise);
      await linger(server.close());
    };
    return { server: { port: server.port, close }, problems };
  }
  return { server: undefined, problems };
}

/** Returns the function that answers the browser. @param page whether it was sent to the success page, and has it */
function callbackRoutes(
  { note, pending, state }: CallbackServerOptions,
  page: { isSent: boolean; readonly loaded: PromiseWithResolvers<void> },
): (request: Request) => Promise<Response> {
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
