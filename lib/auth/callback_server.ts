/**
 * The server on loopback that the browser comes back to.
 *
 * @module
 */
import { Hono } from "hono";
import type { CulvertError } from "../errors.ts";
import { errorPage, type LoginError, PAGE_HEADERS, successPage } from "./login_pages.ts";
import { isOwnState } from "./pkce.ts";

/** Ports that the authority knows for this client, in order. */
export const CALLBACK_PORTS = [1455, 1457] as const;
/** How long the page of a finished login may still be fetched, ms. Nobody waits longer for a closed tab. */
const LINGER_MS = 2_000;

/** What came back: a code, or a refusal of the authority. */
export type CallbackAnswer =
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "refused"; readonly code: string; readonly description: string };

/** What the server works with. */
export interface CallbackServerOptions {
  /** State of this login; any other answer is not for us. */
  readonly state: string;
  readonly ports: readonly number[];
  /**
   * Finishes the login with the answer. The browser waits for it.
   *
   * @returns the error to show, if it failed
   */
  readonly finish: (answer: CallbackAnswer) => Promise<LoginError | undefined>;
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
 * Binds the first port that can be had, on IPv4 and, where there is one, on IPv6 loopback. A port that is not
 * permitted counts as one in use: Windows reserves whole ranges for virtual machines.
 *
 * @returns the server, or why no port would do
 */
export function startCallbackServer(options: CallbackServerOptions): CallbackServer | readonly PortProblem[] {
  const problems: PortProblem[] = [];
  for (const port of options.ports) {
    const routes = new CallbackRoutes(options);
    const first = bind("127.0.0.1", port, routes);
    if (typeof first === "string") {
      problems.push({ port, problem: first });
      continue;
    }
    const bound = first.addr.port;
    routes.port = bound;
    const second = bind("::1", bound, routes);
    const servers = typeof second === "string" ? [first] : [first, second];
    return { port: bound, close: () => closeAll(servers, routes) };
  }
  return problems;
}

/** What the routes share with the server around them. */
class CallbackRoutes {
  /** Once the login is over: whether the success page is still owed to the browser. */
  readonly pageFetched = Promise.withResolvers<void>();
  port = 0;
  isPageOwed = false;
  #isAnswered = false;
  readonly #options: CallbackServerOptions;
  readonly #app = new Hono();

  constructor(options: CallbackServerOptions) {
    this.#options = options;
    this.#app.get("/auth/callback", async (context) => await this.#callback(new URL(context.req.url)));
    this.#app.get("/success", () => {
      if (!this.isPageOwed) return notFound();
      this.pageFetched.resolve();
      return new Response(successPage(), { headers: PAGE_HEADERS });
    });
    this.#app.notFound(notFound);
    this.#app.onError(() => plain(500, "The login failed. See the terminal."));
  }

  readonly handle = async (request: Request): Promise<Response> => {
    // A page of another site that rebinds its name to loopback still sends its own name here.
    const host = request.headers.get("host") ?? "";
    if (!/^(localhost|127\.0\.0\.1|\[::1\]):\d+$/i.test(host)) return plain(400, "Unknown host.");
    return await this.#app.fetch(request);
  };

  async #callback(url: URL): Promise<Response> {
    const query = url.searchParams;
    if (this.#isAnswered || !isOwnState(query.get("state"), this.#options.state)) {
      return plain(400, "This answer does not belong to the login that is under way.");
    }
    this.#isAnswered = true;
    const failure = await this.#options.finish(answerOf(query));
    if (failure !== undefined) return new Response(errorPage(failure), { headers: PAGE_HEADERS });
    this.isPageOwed = true;
    // The address that stays in the browser holds neither code nor token.
    const location = `http://localhost:${this.port}/success`;
    return new Response(null, { status: 302, headers: { ...PAGE_HEADERS, location } });
  }
}

/** Reads what the authority put into the redirect. The state is the caller's to check. */
export function answerOf(query: URLSearchParams): CallbackAnswer {
  const error = query.get("error");
  if (error !== null) {
    return { kind: "refused", code: error, description: query.get("error_description") ?? "" };
  }
  const code = query.get("code") ?? "";
  if (code !== "") return { kind: "code", code };
  return { kind: "refused", code: "missing_authorization_code", description: "The answer held no code" };
}

/** The page for a failure. */
export function pageOf(error: CulvertError): LoginError {
  const problem = error.details["problem"];
  return {
    title: "Sign-in failed",
    code: typeof problem === "string" ? problem : error.code,
    message: error.message,
    help: error.hint ?? "See the terminal.",
  };
}

type Server = Deno.HttpServer<Deno.NetAddr>;

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

async function closeAll(servers: readonly Server[], routes: CallbackRoutes): Promise<void> {
  if (routes.isPageOwed) await within(LINGER_MS, routes.pageFetched.promise);
  // The answer under way is sent first; a browser that keeps the line open is not waited for.
  await within(LINGER_MS, Promise.all(servers.map((server) => server.shutdown())));
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

function plain(status: number, text: string): Response {
  const headers = { ...PAGE_HEADERS, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${text}\n`, { status, headers });
}

function notFound(): Response {
  return plain(404, "Nothing here.");
}
