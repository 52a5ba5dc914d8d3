/** A login by browser as a process, and an authority that returns the given tokens. */
import { accessToken, HOUR_MS, idToken, jwt, TestAuthority, type TestHome } from "../../auth/kit.ts";
import { startCulvert } from "../../support/culvert.ts";

/** The address that a login opens. */
const AUTHORIZE = /https?:\/\/\S+\/oauth\/authorize\?\S+/;

/** A login that waits for the browser. */
export interface RunningLogin {
  readonly url: URL;
  readonly state: string;
  readonly callback: URL;
  readonly pid: number;
  readonly kill: (signal: Deno.Signal) => void;
  /** Types a line. */
  readonly type: (line: string) => Promise<void>;
  /** Resolves when standard error holds the text, or is at its end. */
  readonly said: (text: string) => Promise<void>;
  readonly end: Promise<LoginEnd>;
}

/** The end of a login. */
export interface LoginEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts a login and resolves when it prints the address to open.
 *
 * @param port default: the system chooses; empty: the ports that the authority accepts
 */
export async function startLogin(
  home: Pick<TestHome, "path">,
  issuer: string,
  args: readonly string[] = [],
  extra: Readonly<Record<string, string>> = {},
  port: readonly string[] = args.includes("--port") ? [] : ["--port", "0"],
): Promise<RunningLogin> {
  const child = startCulvert(["auth", "login", "--issuer", issuer, "--json", ...args, ...port], {
    env: { CODEX_HOME: home.path, ...extra },
  });
  // A login does not outlive a failed test by long.
  const limit = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const stdin = child.stdin.getWriter();
  const stdout = new Response(child.stdout).text();
  const asked = Promise.withResolvers<URL>();
  let stderr = "";
  let heard = Promise.withResolvers<boolean>();
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      stderr += text;
      heard.resolve(true);
      heard = Promise.withResolvers();
      const url = AUTHORIZE.exec(stderr.slice(0, stderr.lastIndexOf("\n")))?.[0];
      if (url !== undefined) asked.resolve(new URL(url));
    }
    heard.resolve(false);
    asked.reject(new Error(`The login ended before it asked for a browser: ${stderr}`));
  })();
  const end = (async () => {
    const { code } = await child.status;
    clearTimeout(limit);
    await Promise.all([reading, stdin.close().catch(() => {/* gone with its reader */})]);
    return { code, stdout: await stdout, stderr };
  })();
  const url = await asked.promise;
  return {
    url,
    state: url.searchParams.get("state") ?? "",
    callback: new URL(url.searchParams.get("redirect_uri") ?? ""),
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    type: (line) => stdin.write(new TextEncoder().encode(`${line}\n`)),
    said: async (text) => {
      while (!stderr.includes(text) && await heard.promise);
    },
    end,
  };
}

/** Returns a port that is free at the moment. */
export function freePort(): string {
  using probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return String(probe.addr.port);
}

/** Returns the address that the authority would redirect the browser to. */
export function answerTo(
  login: Pick<RunningLogin, "callback" | "state">,
  query: Readonly<Record<string, string>> = { code: "CANARY-CODE" },
): URL {
  const url = new URL(login.callback);
  for (const [name, value] of Object.entries({ state: login.state, ...query })) {
    url.searchParams.set(name, value);
  }
  return url;
}

/** Fetches without following: status, text and `location`. */
export async function look(
  url: URL | string,
): Promise<{ status: number; text: string; location: string | null }> {
  const response = await fetch(url, { redirect: "manual" });
  return { status: response.status, text: await response.text(), location: response.headers.get("location") };
}

/** Claims of the id token beside the usual ones. */
export type Claims = Readonly<Record<string, unknown>>;

/** Tokens of a login. */
export function tokensWith(claims: Claims = {}) {
  const access = accessToken("new", Date.now() + HOUR_MS);
  const [, payload = ""] = access.split(".");
  const planned = {
    ...JSON.parse(atob(payload)),
    "https://api.openai.com/auth": { chatgpt_plan_type: "team" },
  };
  return {
    id_token: idToken("acc-1", claims),
    access_token: jwt(planned),
    refresh_token: "rt-CANARY-REFRESH",
  };
}

/** An authority that gives these tokens for any code. */
export function authorityGiving(tokens: ReturnType<typeof tokensWith>): TestAuthority {
  return new TestAuthority(({ method, body }) => {
    if (method !== "POST") return new Response(null, { status: 405 });
    if (body.includes("token-exchange")) return new Response(null, { status: 403 });
    return Response.json(tokens);
  });
}
