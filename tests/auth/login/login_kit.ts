/** A login in a test: an authority, and a browser that follows redirects. */
import { OAuthServer } from "../../../lib/mock/oauth/oauth.ts";
import { authEndpoints } from "../../../lib/auth/chatgpt/auth_endpoints.ts";
import { fileStore } from "../../../lib/auth/store/auth_file.ts";
import { type BrowserLoginParts, loginByBrowser } from "../../../lib/auth/login/browser_login.ts";
import type { SignedIn } from "../../../lib/auth/login/login_parts.ts";
import {
  accessToken,
  HOUR_MS,
  idToken,
  plainDialer,
  TestAuthority,
  type TestHome,
  testWorld,
} from "../kit.ts";

/** A login that waits for the browser. */
export interface PendingLogin {
  /** The address to open. */
  readonly url: string;
  readonly state: string;
  readonly callback: URL;
  readonly said: string[];
  readonly noted: string[];
  readonly warnings: string[];
  readonly result: Promise<SignedIn>;
}

/** Parts for a login at `issuer`. */
export function loginParts(
  home: TestHome,
  issuer: string,
  extra: Partial<BrowserLoginParts> = {},
): BrowserLoginParts & Pick<PendingLogin, "said" | "noted" | "warnings"> {
  const said: string[] = [];
  const noted: string[] = [];
  const warnings: string[] = [];
  const world = testWorld();
  return {
    dialer: plainDialer(),
    world,
    store: fileStore({ codexHome: home.path, world }),
    issuer,
    endpoints: {
      ...authEndpoints(world.env),
      clientId: "client-1",
      revokeUrl: new URL(`${issuer}/oauth/revoke`),
    },
    originator: "culvert_test",
    say: (text) => said.push(text),
    note: (text) => noted.push(text),
    warn: (warning) => warnings.push(warning.code),
    openPage: () => true,
    ports: [0],
    said,
    noted,
    warnings,
    ...extra,
  };
}

/** Starts a login and resolves when the browser would be opened. */
export async function startLogin(
  home: TestHome,
  issuer: string,
  extra: Partial<BrowserLoginParts> = {},
  signal?: AbortSignal,
): Promise<PendingLogin> {
  const opened = Promise.withResolvers<string>();
  const parts = loginParts(home, issuer, {
    openPage: (url) => {
      opened.resolve(url);
      return true;
    },
    ...extra,
  });
  const result = loginByBrowser(parts, signal);
  result.catch((error: unknown) => opened.reject(error));
  const url = await opened.promise;
  const query = new URL(url).searchParams;
  return {
    url,
    state: query.get("state") ?? "",
    callback: new URL(query.get("redirect_uri") ?? ""),
    said: parts.said,
    noted: parts.noted,
    warnings: parts.warnings,
    result,
  };
}

/** The callback address with a query. */
export function callbackUrl(login: PendingLogin, query: Readonly<Record<string, string>>): URL {
  const url = new URL(login.callback);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** Returns the address that the authority redirects to, without following it. */
export async function locationOf(url: string): Promise<string> {
  const response = await fetch(url, { redirect: "manual" });
  await response.body?.cancel();
  return response.headers.get("location") ?? "";
}

/** The simulated authority of the program itself, over plain HTTP. */
export class Issuer implements AsyncDisposable {
  readonly oauth = new OAuthServer();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const routes = this.oauth.routes();
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => routes.fetch(request),
    );
  }

  get base(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** An authority that answers a code only when the test lets it; it refuses a second code. */
export class HeldAuthority implements AsyncDisposable {
  readonly #asked = Promise.withResolvers<void>();
  readonly #answer = Promise.withResolvers<Response>();
  readonly #authority = new TestAuthority(async ({ method, body }) => {
    if (method !== "POST" || !body.includes("authorization_code")) return new Response(null, { status: 404 });
    this.#asked.resolve();
    return this.codes > 1 ? refused() : await this.#answer.promise;
  });

  get base(): string {
    return this.#authority.base;
  }

  /** The number of codes that it received. */
  get codes(): number {
    return this.#authority.seen.filter(({ body }) => body.includes("authorization_code")).length;
  }

  /** Resolves when the first code arrived. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  grant(): void {
    this.#answer.resolve(Response.json({
      id_token: idToken("acc-1"),
      access_token: accessToken("new", Date.now() + HOUR_MS),
      refresh_token: "rt-new",
    }));
  }

  refuse(): void {
    this.#answer.resolve(refused());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    await this.#authority[Symbol.asyncDispose]();
  }
}

function refused(): Response {
  return Response.json({ error: "invalid_grant", error_description: "The code was used" }, { status: 400 });
}

/** Status and text of a page. */
export const textOf = async (response: Response) => [response.status, await response.text()] as const;
