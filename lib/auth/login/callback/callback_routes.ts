/**
 * What the server on loopback answers, to the browser and to a later login.
 *
 * @module
 */
import { Hono } from "hono";
import { asCulvertError, type CulvertError } from "../../../errors.ts";
import { answerOf, describeAnswer } from "./callback_answer.ts";
import { jsonObject } from "../../json.ts";
import { errorPage, PAGE_HEADERS, successPage } from "./login_pages.ts";
import { loginFailure, type SignedIn } from "../login_parts.ts";
import { isProofOf, proofOf } from "./login_proof.ts";
import { CHALLENGE_PATH, TAKEOVER_PATH } from "./login_takeover.ts";
import type { PendingAnswer } from "./pending_answer.ts";
import { hostedPage } from "./success_page.ts";

/** Longest body that a later login sends, characters; its own has about 200. */
const MAX_BODY = 1_000;

/** What the routes work with. */
export interface CallbackRoutesOptions {
  /** State of this login; any other answer is not for us. */
  readonly state: string;
  /** Known to whoever may end this login from outside. */
  readonly secret: string;
  /** A page elsewhere for the end. Default: the local one. */
  readonly successUrl?: URL | undefined;
  /** Takes what the browser brings, or is given up for a later login. */
  readonly pending: PendingAnswer;
  readonly note: (text: string) => void;
}

/** What goes with a request. */
interface RouteEnv {
  readonly Bindings: {
    /** Where it came in. */
    readonly port: number;
  };
}

/** The routes of one login. */
export class CallbackRoutes {
  readonly #options: CallbackRoutesOptions;
  readonly #app = new Hono<RouteEnv>();
  /** There once the browser was sent to the local success page; resolves when it is fetched. */
  #page: PromiseWithResolvers<void> | undefined;

  constructor(options: CallbackRoutesOptions) {
    this.#options = options;
    let setupUrl: string | undefined;
    this.#app.get("/auth/callback", async ({ req, env }) => {
      const signedIn = this.#accept(new URL(req.url));
      if (signedIn === undefined) {
        return plain(400, "This answer does not belong to a login that waits for one.");
      }
      try {
        ({ setupUrl } = await signedIn);
      } catch (thrown) {
        return failurePage(asCulvertError(thrown));
      }
      const { successUrl } = options;
      // What is still to be done is said on the local page alone.
      if (successUrl !== undefined && setupUrl === undefined) return redirect(hostedPage(successUrl));
      this.#page = Promise.withResolvers();
      // The address that stays in the browser holds neither code nor token.
      return redirect(`http://localhost:${env.port}/success`);
    });
    this.#app.get("/success", () => {
      if (this.#page === undefined) return notFound();
      this.#page.resolve();
      return new Response(successPage(setupUrl), { headers: PAGE_HEADERS });
    });
    this.#app.post(CHALLENGE_PATH, async ({ req, env }) => await this.#challenge(req.raw, env.port));
    this.#app.post(TAKEOVER_PATH, async ({ req, env }) => await this.#takeover(req.raw, env.port));
    this.#app.notFound(notFound);
    this.#app.onError(() => plain(500, "The login failed. See the terminal."));
  }

  readonly handle = async (request: Request, port: number): Promise<Response> => {
    // A page of another site that rebinds its name to loopback still sends its own name here.
    const host = request.headers.get("host") ?? "";
    if (!/^(localhost|127\.0\.0\.1|\[::1\]):\d+$/i.test(host)) return plain(400, "Unknown host.");
    return await this.#app.fetch(request, { port });
  };

  /** Resolves when nothing more is owed to the browser: at once, or when it has fetched the local success page. */
  get lastPage(): Promise<void> {
    return this.#page?.promise ?? Promise.resolve();
  }

  #accept(url: URL): Promise<SignedIn> | undefined {
    const { state, pending, note } = this.#options;
    const answer = answerOf(url.searchParams, state);
    note(describeAnswer(url, answer !== undefined));
    return answer === undefined ? undefined : pending.accept(answer);
  }

  async #challenge(request: Request, port: number): Promise<Response> {
    const { nonce } = await readFields(request);
    if (nonce === undefined) return plain(400, "No question.");
    const proof = await proofOf(this.#options.secret, { side: "holder", port, nonce });
    return Response.json({ proof }, { headers: { connection: "close" } });
  }

  async #takeover(request: Request, port: number): Promise<Response> {
    const { nonce = "", proof = "" } = await readFields(request);
    const claim = { side: "successor", port, nonce } as const;
    if (!await isProofOf(this.#options.secret, claim, proof)) return plain(403, "Unknown.");
    const isGone = this.#options.pending.giveUp(supersededFailure());
    return isGone ? plain(200, "Gone.") : plain(409, "This login is being completed.");
  }
}

function supersededFailure(): CulvertError {
  return loginFailure("superseded", "Another login took over", {
    hint: "Nothing was changed. Go on where the other one was started.",
  });
}

function failurePage(error: CulvertError): Response {
  const problem = error.details["problem"];
  const page = errorPage({
    title: "Sign-in failed",
    code: typeof problem === "string" ? problem : error.code,
    message: error.message,
    help: error.hint ?? "See the terminal.",
  });
  return new Response(page, { headers: PAGE_HEADERS });
}

/** The two words of a later login's question. */
async function readFields(request: Request): Promise<Partial<Record<"nonce" | "proof", string>>> {
  let text = "";
  for await (const chunk of request.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length > MAX_BODY) return {};
  }
  const { nonce, proof } = jsonObject(text) ?? {};
  return {
    ...(typeof nonce === "string" ? { nonce } : {}),
    ...(typeof proof === "string" ? { proof } : {}),
  };
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { ...PAGE_HEADERS, location } });
}

function plain(status: number, text: string): Response {
  const headers = { ...PAGE_HEADERS, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${text}\n`, { status, headers });
}

function notFound(): Response {
  return plain(404, "Nothing here.");
}
