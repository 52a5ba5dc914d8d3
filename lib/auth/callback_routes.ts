/**
 * What the server on loopback answers, to the browser and to a later login.
 *
 * @module
 */
import { Hono } from "hono";
import { answerOf, type CallbackAnswer, describeAnswer } from "./callback_answer.ts";
import { jsonObject } from "./auth_exchange.ts";
import { errorPage, type LoginError, PAGE_HEADERS, successPage } from "./login_pages.ts";
import { isProofOf, proofOf } from "./login_proof.ts";
import { CHALLENGE_PATH, TAKEOVER_PATH } from "./login_takeover.ts";
import { hostedPage } from "./success_page.ts";

/** Longest body that a later login sends, characters; its own has about 200. */
const MAX_BODY = 1_000;

/** How a login ended, as far as the browser is told. */
export type LoginEnd =
  | { readonly kind: "failed"; readonly error: LoginError }
  | {
    readonly kind: "done";
    /** Where the user's organisation is still to be set up. */
    readonly setupUrl?: string;
  };

/** What the routes work with. */
export interface CallbackRoutesOptions {
  /** State of this login; any other answer is not for us. */
  readonly state: string;
  /** Known to whoever may end this login from outside. */
  readonly secret: string;
  /** A page elsewhere for the end. Default: the local one. */
  readonly successUrl?: URL | undefined;
  /** Finishes the login with the answer. The browser waits for it. */
  readonly finish: (answer: CallbackAnswer) => Promise<LoginEnd>;
  /** Gives the login up: a later one takes its place. */
  readonly giveWay: () => void;
  readonly note: (text: string) => void;
}

/** The routes of one login. */
export class CallbackRoutes {
  /** Resolves when the local success page was fetched. */
  readonly pageFetched = Promise.withResolvers<void>();
  port = 0;
  /** Once the login is over: whether the local success page is still owed to the browser. */
  isPageOwed = false;
  #isAnswered = false;
  #setupUrl: string | undefined;
  readonly #options: CallbackRoutesOptions;
  readonly #app = new Hono();

  constructor(options: CallbackRoutesOptions) {
    this.#options = options;
    this.#app.get("/auth/callback", async (context) => await this.#callback(new URL(context.req.url)));
    this.#app.get("/success", () => {
      if (!this.isPageOwed) return notFound();
      this.pageFetched.resolve();
      return new Response(successPage(this.#setupUrl), { headers: PAGE_HEADERS });
    });
    this.#app.post(CHALLENGE_PATH, async (context) => await this.#challenge(context.req.raw));
    this.#app.post(TAKEOVER_PATH, async (context) => await this.#takeover(context.req.raw));
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
    const { state, finish, note, successUrl } = this.#options;
    const answer = answerOf(url.searchParams, state);
    note(describeAnswer(url, answer !== undefined));
    if (this.#isAnswered || answer === undefined) {
      return plain(400, "This answer does not belong to the login that is under way.");
    }
    this.#isAnswered = true;
    const end = await finish(answer);
    if (end.kind === "failed") return new Response(errorPage(end.error), { headers: PAGE_HEADERS });
    this.#setupUrl = end.setupUrl;
    // What is still to be done is said on the local page alone.
    if (successUrl !== undefined && end.setupUrl === undefined) return redirect(hostedPage(successUrl));
    this.isPageOwed = true;
    // The address that stays in the browser holds neither code nor token.
    return redirect(`http://localhost:${this.port}/success`);
  }

  async #challenge(request: Request): Promise<Response> {
    const { nonce } = await readFields(request);
    if (nonce === undefined) return plain(400, "No question.");
    const proof = await proofOf(this.#options.secret, { side: "holder", port: this.port, nonce });
    return Response.json({ proof }, { headers: { connection: "close" } });
  }

  async #takeover(request: Request): Promise<Response> {
    const { nonce = "", proof = "" } = await readFields(request);
    const claim = { side: "successor", port: this.port, nonce } as const;
    if (!await isProofOf(this.#options.secret, claim, proof)) return plain(403, "Unknown.");
    // Tokens may be on their way already; they are not thrown away.
    if (this.#isAnswered) return plain(409, "This login is being completed.");
    this.#isAnswered = true;
    this.#options.giveWay();
    return plain(200, "Gone.");
  }
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
