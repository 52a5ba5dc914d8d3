/** Shared parts of the tests of authentication: tokens, a scripted authority, a dialer, a world. */
import { ReplyBody } from "../../lib/net/dialer/reply_body.ts";
import { CulvertError } from "../../lib/errors.ts";
import { fileStore } from "../../lib/auth/store/auth_file.ts";
import type { CredentialStore } from "../../lib/auth/store/credential_store.ts";
import { authEndpoints } from "../../lib/auth/chatgpt/auth_endpoints.ts";
import type { Provider } from "../../lib/config/provider.ts";
import type { Dialer, HttpRequest } from "../../lib/net/dialer/dialer.ts";
import type { Warning } from "../../lib/warning.ts";
import type { World } from "../../lib/world/world.ts";
import { ManagedLogin } from "../../lib/auth/chatgpt/managed_login.ts";
import type { Observation } from "../../lib/net/observer.ts";
import { PROVIDER_DEFAULTS } from "../../lib/config/builtin_providers.ts";
import { join } from "../support/paths.ts";

export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

/** Returns a token with a signature that is not valid. */
export function jwt(payload: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${part({ alg: "none" })}.${part(payload)}.c2ln`;
}

/** Returns an access token that expires at `expiresAt` (ms since 1970) and differs from others by `name`. */
export function accessToken(name: string, expiresAt: number): string {
  return jwt({ exp: Math.floor(expiresAt / 1000), iat: Math.floor(expiresAt / 1000) - 3600, jti: name });
}

/** Returns an id token. */
export function idToken(accountId: string, extra: Readonly<Record<string, unknown>> = {}): string {
  return jwt({
    email: "ada@corp.example",
    "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: "business", ...extra },
  });
}

/** The members of an `auth.json` with a ChatGPT login. */
export interface StoredLogin {
  readonly account?: string | null;
  readonly access: string;
  readonly refresh?: string;
  readonly lastRefresh?: string | null;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Returns the text of `auth.json` as the codex client writes it. */
export function loginText(login: StoredLogin): string {
  const account = login.account === undefined ? "acc-1" : login.account;
  return JSON.stringify(
    {
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: {
        id_token: idToken(account ?? "acc-1"),
        access_token: login.access,
        refresh_token: login.refresh ?? "rt-1",
        ...(account === null ? {} : { account_id: account }),
      },
      ...(login.lastRefresh === null ? {} : { last_refresh: login.lastRefresh ?? "2026-01-01T00:00:00Z" }),
      ...login.extra,
    },
    null,
    2,
  );
}

/** A `CODEX_HOME` of one test. */
export class TestHome implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "culvert-auth-" });

  readonly authPath = join(this.path, "auth.json");

  store(text: string): void {
    Deno.writeTextFileSync(this.authPath, text);
  }

  text(): string {
    return Deno.readTextFileSync(this.authPath);
  }

  json(): Record<string, unknown> & { tokens: Record<string, string> } {
    return JSON.parse(this.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.chmod(this.path, 0o700);
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Returns a world with the given environment. Its clock is the real one unless given; short pauses are shortened. */
export function testWorld(
  env: Readonly<Record<string, string>> = {},
  now: () => number = () => Date.now(),
): World {
  return {
    env: (name) => env[name],
    now,
    monotonic: () => performance.now(),
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        // Pauses below 5 s are shortened to 20 ms; longer ones are time limits.
        const timer = setTimeout(resolve, ms >= 5_000 ? ms : Math.min(ms, 20));
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        }, { once: true });
      }),
    cwd: () => Deno.cwd(),
    home: () => undefined,
    withoutVariables: (_names, create) => create(),
  };
}

/**
 * Returns a dialer over the platform's `fetch`, for an authority on loopback.
 *
 * @param before called ahead of each request; what it throws is the request's failure
 */
export function plainDialer(before: (request: HttpRequest) => void = () => {}): Dialer {
  return {
    get trust(): never {
      throw new Error("No roots in this test");
    },
    routes: { resolve: () => ({ kind: "direct", reason: "test" }) },
    request: async (request) => {
      before(request);
      try {
        const response = await fetch(request.url, {
          method: request.method,
          headers: { ...request.headers },
          ...(request.body === undefined ? {} : { body: request.body }),
          ...(request.signal === undefined ? {} : { signal: request.signal }),
          ...(request.redirect === undefined ? {} : { redirect: request.redirect }),
        });
        return {
          status: response.status,
          headers: response.headers,
          body: response.body === null ? null : new ReplyBody(response.body, (error) => error),
          url: request.url,
          route: { kind: "direct", reason: "test" },
        };
      } catch (cause) {
        if (request.signal?.aborted === true) throw request.signal.reason;
        throw new CulvertError("connect", `Cannot connect to ${request.url.host}`, { cause });
      }
    },
    openWebSocket: () => Promise.reject(new Error("No websocket in this test")),
    connect: () => Promise.reject(new Error("No byte stream in this test")),
    close: () => {},
  };
}

/** One request that the authority received. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType: string | null;
  readonly body: string;
}

/** A scripted authority on loopback. */
export class TestAuthority implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #answer: (request: SeenRequest, count: number) => Response | Promise<Response>;

  /** @param answer called with each request and its 1-based count */
  constructor(answer: (request: SeenRequest, count: number) => Response | Promise<Response>) {
    this.#answer = answer;
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
      const seen: SeenRequest = {
        method: request.method,
        path: new URL(request.url).pathname,
        contentType: request.headers.get("content-type"),
        body: await request.text(),
      };
      this.seen.push(seen);
      return await this.#answer(seen, this.seen.length);
    });
  }

  get base(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get env(): Record<string, string> {
    return { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${this.base}/oauth/token` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** One managed login, with what it reports. */
export interface LoginRig {
  readonly login: ManagedLogin;
  readonly file: CredentialStore;
  readonly warnings: Warning[];
  readonly observations: Observation[];
}

/** Loads the login of a home as a session does. */
export async function openLogin(
  home: TestHome,
  options: { readonly env?: Readonly<Record<string, string>>; readonly now?: () => number } = {},
): Promise<LoginRig> {
  const world = testWorld(options.env ?? {}, options.now);
  const file = fileStore({ codexHome: home.path, world });
  const record = await file.read();
  if (record === undefined) throw new Error("The test stored no login");
  const warnings: Warning[] = [];
  const observations: Observation[] = [];
  const login = new ManagedLogin({
    store: file,
    record,
    world,
    dialer: plainDialer(),
    endpoints: authEndpoints(world.env),
    note: (message) => observations.push({ kind: "note", level: "info", message }),
    warn: (warning) => warnings.push(warning),
  });
  return { login, file, warnings, observations };
}

/** Replaces the record of a store. */
export async function writeRecord(
  store: CredentialStore,
  raw: Readonly<Record<string, unknown>>,
): Promise<void> {
  await store.change(() => raw);
}

/** Returns the names in a directory, without lock files. */
export function filesIn(path: string): readonly string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) => !name.endsWith(".lock"))
    .toSorted();
}

/** Returns the login in a store. Its notes and warnings are ignored. */
export async function loginIn(
  store: CredentialStore,
  env: Readonly<Record<string, string>> = {},
): Promise<ManagedLogin> {
  const world = testWorld(env);
  const record = await store.read();
  if (record === undefined) throw new Error("The test stored no login");
  const endpoints = authEndpoints(world.env);
  const silent = { note: () => {}, warn: () => {} };
  return new ManagedLogin({ store, record, world, endpoints, dialer: plainDialer(), ...silent });
}

/** Returns a provider that requires the credentials of OpenAI, with the given differences. */
export function testProvider(extra: Partial<Provider> = {}): Provider {
  return {
    ...PROVIDER_DEFAULTS,
    id: "openai",
    name: "OpenAI",
    requiresOpenAiAuth: true,
    supportsWebsockets: true,
    ...extra,
  };
}

/** Returns the error that `work` fails with. */
export async function failureOf(work: Promise<unknown>): Promise<CulvertError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CulvertError) return error;
    throw error;
  }
  throw new Error("It should have failed");
}
