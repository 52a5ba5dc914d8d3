/**
 * Sign in by browser: authorization code with PKCE, answered on loopback or pasted into the terminal.
 *
 * @module
 */
import type { CulvertError } from "../../errors.ts";
import { redactUrl } from "../../redaction/address.ts";
import { answerOf, type CallbackAnswer } from "./callback/callback_answer.ts";
import type { PortProblem } from "./callback/callback_port.ts";
import { CALLBACK_PORTS, type CallbackServer, startCallbackServer } from "./callback/callback_server.ts";
import { exchangeApiKey, exchangeCode } from "./code_exchange.ts";
import { loginFailure, type LoginParts, type SignedIn } from "./login_parts.ts";
import { setupAddress } from "./org_setup.ts";
import { PendingAnswer } from "./callback/pending_answer.ts";
import { type LoginSecrets, loginSecrets } from "./pkce.ts";
import { checkReachable } from "./preflight.ts";
import { CHATGPT_LOGIN_BYTES, checkStore, saveTokens } from "./save_login.ts";

/** An answer is waited for so long, ms. Completing the login with it has limits of its own. */
const ANSWER_LIMIT_MS = 10 * 60_000;
const SCOPES = "openid profile email offline_access api.connectors.read api.connectors.invoke";

/** What a login by browser works with beside the usual. */
export interface BrowserLoginParts extends LoginParts {
  /** Opens the page; false where none can be opened. */
  readonly openPage: (url: string) => boolean;
  /** Lines that the user types or pastes. */
  readonly pasted?: AsyncIterable<string>;
  /** Default {@link CALLBACK_PORTS}; 0 lets the system choose. */
  readonly ports?: readonly number[];
  /** A page elsewhere for the browser to end on, as `parseSuccessUrl` has it. Default: a local one. */
  readonly successUrl?: URL;
  /** Default 10 minutes. */
  readonly limitMs?: number;
}

/**
 * Signs in. Whatever happens, the former login stays until the new one is on disk. A signal ends the wait for an
 * answer; once there is one, what the login comes to is awaited and told all the same, for it may be saved.
 *
 * @throws CulvertError `auth_login_failed`, `auth_storage`, network and TLS codes; the signal's reason
 */
export async function loginByBrowser(parts: BrowserLoginParts, signal?: AbortSignal): Promise<SignedIn> {
  await checkStore(parts, { signal, expectedBytes: CHATGPT_LOGIN_BYTES });
  await checkReachable(parts, signal);
  const secrets = await loginSecrets();
  const pending = new PendingAnswer();
  const started = await startCallbackServer({
    state: secrets.state,
    pending,
    ports: parts.ports ?? CALLBACK_PORTS,
    home: parts.store.codexHome,
    world: parts.world,
    signal,
    successUrl: parts.successUrl,
    note: parts.note,
  });
  const server = isServer(started) ? started : undefined;
  const port = server?.port ?? CALLBACK_PORTS[0];
  const redirectUri = `http://localhost:${port}/auth/callback`;
  const over = new AbortController();
  try {
    signal?.throwIfAborted();
    parts.note(
      `signing in at ${redactUrl(parts.issuer)}; the browser comes back to ${redactUrl(redirectUri)}`,
    );
    announce(parts, authorizeUrl(parts, secrets, redirectUri), isServer(started) ? [] : started);
    if (parts.pasted !== undefined) void readPasted(parts, secrets.state, pending, over.signal);
    limitWait(parts, pending, over.signal, signal);
    return await pending.complete((answer) => complete(parts, secrets, redirectUri, answer));
  } finally {
    over.abort();
    await server?.close();
  }
}

/** The address to open. Order and names as the codex client sends them (0.169.0). */
export function authorizeUrl(
  parts: Pick<LoginParts, "issuer" | "clientId" | "originator" | "workspaces">,
  secrets: Pick<LoginSecrets, "challenge" | "state">,
  redirectUri: string,
): string {
  const query: readonly (readonly [string, string])[] = [
    ["response_type", "code"],
    ["client_id", parts.clientId],
    ["redirect_uri", redirectUri],
    ["scope", SCOPES],
    ["code_challenge", secrets.challenge],
    ["code_challenge_method", "S256"],
    ["id_token_add_organizations", "true"],
    ["codex_cli_simplified_flow", "true"],
    ["state", secrets.state],
    ["originator", parts.originator],
    ...(parts.workspaces === undefined
      ? []
      : [["allowed_workspace_id", parts.workspaces.join(",")] as const]),
  ];
  const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return `${parts.issuer}/oauth/authorize?${text}`;
}

async function complete(
  parts: BrowserLoginParts,
  secrets: LoginSecrets,
  redirectUri: string,
  answer: CallbackAnswer,
): Promise<SignedIn> {
  if (answer.kind === "refused") throw refusal(answer.code, answer.description);
  const tokens = await exchangeCode(parts, { code: answer.code, redirectUri, verifier: secrets.verifier });
  const signedIn = await saveTokens(parts, tokens, await exchangeApiKey(parts, tokens.idToken));
  const setupUrl = setupAddress(tokens, parts.issuer);
  return {
    ...signedIn,
    ...(answer.onboarding === undefined ? {} : { onboarding: answer.onboarding }),
    ...(setupUrl === undefined ? {} : { setupUrl }),
  };
}

function refusal(code: string, description: string): CulvertError {
  // The server's word for it means nothing to the user, and is not repeated.
  if (code === "access_denied" && /missing_codex_entitlement/i.test(description)) {
    return loginFailure(code, "This workspace does not include access yet", {
      hint: "Ask the administrator of your workspace for access. Nothing was changed.",
    });
  }
  const why = description.trim() === "" ? code : description.trim().slice(0, 300);
  return loginFailure(code, `The authority did not grant the login: ${why}`);
}

function announce(parts: BrowserLoginParts, url: string, problems: readonly PortProblem[]): void {
  const isOpened = parts.openPage(url);
  const lines = [
    isOpened
      ? "A browser was opened. If no page appears, open this address:"
      : "Open this address in a browser:",
    `  ${url}`,
  ];
  if (problems.length > 0) {
    const ports = problems.map(({ port, problem }) => `${port} ${problem}`).join(", ");
    lines.push(
      `No port for the answer (${ports}; Windows may have reserved them: netsh int ipv4 show excludedportrange tcp).`,
      "The browser will end on a page that does not load. That is expected.",
    );
  }
  if (parts.pasted !== undefined) {
    lines.push(
      "Then, if this machine is not the browser's: paste the address it ended on, or the code, here.",
    );
  }
  lines.push("Without a browser at all: culvert auth login --device");
  parts.say(lines.join("\n"));
}

/** Takes what the user pastes, until one line is an answer. */
async function readPasted(
  parts: BrowserLoginParts,
  state: string,
  pending: PendingAnswer,
  over: AbortSignal,
): Promise<void> {
  try {
    for await (const line of parts.pasted ?? []) {
      if (over.aborted) return;
      const text = line.trim();
      if (text === "") continue;
      const answer = pastedAnswer(text, state);
      if (answer === undefined) {
        parts.say(
          "That is neither the address that the browser ended on in this login, nor a code. " +
            "Paste the whole address, once more.",
        );
        continue;
      }
      if (pending.accept(answer) === undefined) {
        parts.say("The browser was faster: its answer is there already.");
      }
      return;
    }
  } catch (error) {
    // Without input the browser's own answer is still awaited.
    if (error instanceof Error) {
      parts.warn({ code: "stdin", message: `Cannot read what is pasted: ${error.message}` });
    } else throw error;
  }
}

/**
 * Understands a pasted line: the address that the browser ended on, whose state must be this login's, or the bare
 * code, which PKCE binds to this login. The address to open has the state too, but answers nothing.
 */
export function pastedAnswer(text: string, state: string): CallbackAnswer | undefined {
  if (URL.canParse(text) && /^https?:/i.test(text)) {
    const query = new URL(text).searchParams;
    return query.has("code") || query.has("error") ? answerOf(query, state) : undefined;
  }
  return /^[\w.~-]{8,2000}$/.test(text) ? { kind: "code", code: text } : undefined;
}

/** Ends the wait for an answer when it is too late, and on a signal. */
function limitWait(
  parts: BrowserLoginParts,
  pending: PendingAnswer,
  over: AbortSignal,
  signal: AbortSignal | undefined,
): void {
  const limitMs = parts.limitMs ?? ANSWER_LIMIT_MS;
  const minutes = Math.round(limitMs / 60_000);
  parts.world.sleep(limitMs, over).then(
    () => pending.giveUp(loginFailure("timeout", `The login was not completed within ${minutes} minutes`)),
    () => {/* the login is over */},
  );
  const onSignal = () => {
    if (pending.giveUp(signal?.reason)) return;
    parts.say("The answer is there, and what comes of it must be saved; Ctrl-C again gives it up.");
  };
  signal?.addEventListener("abort", onSignal, { once: true, signal: over });
}

function isServer(started: CallbackServer | readonly PortProblem[]): started is CallbackServer {
  return "close" in started;
}
