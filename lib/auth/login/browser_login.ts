/**
 * Signs in by browser: authorization code with PKCE. The answer arrives on loopback or is pasted into the terminal.
 *
 * @module
 */
import { calculatePKCECodeChallenge, generateRandomCodeVerifier, generateRandomState } from "oauth4webapi";
import { type CulvertError, handleFailure } from "../../errors.ts";
import { redactUrl } from "../../redaction/address.ts";
import type { AuthRecord } from "../auth_record.ts";
import { defined } from "../../text/json.ts";
import { type CallbackAnswer, pastedAnswer, PendingAnswer } from "./callback/callback_answer.ts";
import { CALLBACK_PORTS, type PortProblem, startCallbackServer } from "./callback/callback_server.ts";
import { checkReachable, exchangeApiKey, exchangeCode } from "./code_exchange.ts";
import {
  CHATGPT_LOGIN_BYTES,
  loginFailure,
  type LoginParts,
  type LoginTokens,
  saveTokens,
  type SignedIn,
} from "./login_parts.ts";

/** How long to wait for an answer, ms. */
const ANSWER_LIMIT_MS = 10 * 60_000;
/** What the browser will show where no port can be used. */
const PORT_EXPLANATIONS: Readonly<Record<PortProblem["problem"], string>> = {
  "in use":
    "Another program listens on that port, perhaps another login, and the last page comes from that program. It " +
    "cannot use the code in the address.",
  "not permitted": "The last page in the browser will not load. (Windows reserves ports: " +
    "netsh int ipv4 show excludedportrange tcp)",
};
const SCOPES = "openid profile email offline_access api.connectors.read api.connectors.invoke";

/** What a login by browser works with. */
export interface BrowserLoginParts extends LoginParts {
  /** Opens the page. @returns whether a browser was started */
  readonly openPage: (url: string) => boolean;
  /** Lines that the user types or pastes. */
  readonly pasted?: AsyncIterable<string>;
  /** Default {@link CALLBACK_PORTS}; 0 lets the system choose. */
  readonly ports?: readonly number[];
  /** ms. Default: 10 minutes. */
  readonly limitMs?: number;
}

/**
 * Signs in. The former login stays until the new one is saved. The signal ends the wait for an answer; after an answer
 * the login is completed and saved nevertheless.
 *
 * @throws CulvertError `auth_login_failed`, `auth_storage`, network and TLS codes; the signal's reason
 */
export async function loginByBrowser(parts: BrowserLoginParts, signal?: AbortSignal): Promise<SignedIn> {
  await parts.store.check({ signal, expectedBytes: CHATGPT_LOGIN_BYTES });
  await checkReachable(parts, signal);
  const verifier = generateRandomCodeVerifier();
  const challenge = await calculatePKCECodeChallenge(verifier);
  const state = generateRandomState();
  signal?.throwIfAborted();
  let tokens: LoginTokens | undefined;
  const pending = new PendingAnswer(async (answer) => {
    if (answer.kind === "refused") throw refusal(answer);
    tokens = await exchangeCode(parts, { code: answer.code, redirectUri, verifier });
    return { ...await saveTokens(parts, tokens), ...defined({ onboarding: answer.onboarding }) };
  });
  const { ports = CALLBACK_PORTS, note, world } = parts;
  const { server, problems } = startCallbackServer({ state, pending, ports, note, world });
  const redirectUri = `http://localhost:${server?.port ?? ports[0]}/auth/callback`;
  const over = new AbortController();
  try {
    note(`signing in at ${redactUrl(parts.issuer)}; the browser returns to ${redactUrl(redirectUri)}`);
    announce(parts, authorizeUrl(parts, { challenge, state }, redirectUri), problems, server?.port);
    void readPasted(parts, state, pending, over.signal);
    limitWait(parts, pending, over.signal, signal);
    const signedIn = await pending.result;
    if (tokens !== undefined) await saveApiKeyOf(parts, tokens, signal);
    return signedIn;
  } finally {
    over.abort();
    await server?.close();
  }
}

/** Returns the address to open. Order and names of the parameters are those of codex 0.171.0. */
export function authorizeUrl(
  parts: Pick<LoginParts, "issuer" | "endpoints" | "originator" | "workspaces">,
  { challenge, state }: { readonly challenge: string; readonly state: string },
  redirectUri: string,
): string {
  const query = Object.entries({
    response_type: "code",
    client_id: parts.endpoints.clientId,
    redirect_uri: redirectUri,
    scope: SCOPES,
    code_challenge: challenge,
    code_challenge_method: "S256",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    state,
    originator: parts.originator,
    ...(parts.workspaces === undefined ? {} : { allowed_workspace_id: parts.workspaces.join(",") }),
  });
  const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return `${parts.issuer}/oauth/authorize?${text}`;
}

/** Requests the API key of a login that is saved already. The login is complete without it. */
async function saveApiKeyOf(parts: LoginParts, tokens: LoginTokens, signal?: AbortSignal): Promise<void> {
  const apiKey = await exchangeApiKey(parts, tokens.idToken, signal);
  if (apiKey === undefined) return;
  const isSame = (stored: AuthRecord | undefined) => stored?.tokens?.refreshToken === tokens.refreshToken;
  const saved = parts.store.change((stored) =>
    isSame(stored) ? { ...stored?.raw, OPENAI_API_KEY: apiKey } : undefined
  );
  await handleFailure(
    saved,
    ({ message }) => parts.note(`the API key of the login was not saved: ${message}`),
  );
}

function refusal({ code, description }: Extract<CallbackAnswer, { kind: "refused" }>): CulvertError {
  // The server's text for this case is an internal name.
  if (code === "access_denied" && /missing_codex_entitlement/i.test(description)) {
    const hint = "Ask the administrator of your workspace for access. Nothing was changed.";
    return loginFailure(code, "This workspace does not include access yet", { hint });
  }
  const why = description.trim() === "" ? code : description.trim().slice(0, 300);
  return loginFailure(code, `The authorization server did not grant the login: ${why}`);
}

function announce(
  parts: BrowserLoginParts,
  url: string,
  problems: readonly PortProblem[],
  port: number | undefined,
): void {
  const isOpened = parts.openPage(url);
  const taken = problems.map((each) => `port ${each.port} is ${each.problem}`).join(", ");
  const lines = [
    ...(taken === "" ? [] : port === undefined
      ? [
        `The answer of the browser cannot be received: ${taken}.`,
        ...problems.slice(0, 1).map(({ problem }) => PORT_EXPLANATIONS[problem]),
        "Sign in, and paste the address from the browser's address bar here.",
      ]
      : [`Note: ${taken}; using port ${port}.`]),
    isOpened
      ? "A browser was opened. If no page appears, open this address:"
      : "Open this address in a browser:",
    `  ${url}`,
    ...(parts.pasted === undefined
      ? []
      : ["If the browser runs on another machine, paste its last address, or the code in it, here."]),
    "Without a browser: culvert auth login --device",
  ];
  parts.say(lines.join("\n"));
}

/** Reads what the user pastes until one line is an answer. */
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
      if (answer !== undefined) {
        if (pending.accept(answer) === undefined) parts.say("The browser has already sent the answer.");
        return;
      }
      parts.say(
        "This is neither the last address of the browser in this login, nor a code. Paste the complete address again.",
      );
    }
  } catch (error) {
    // The browser can still send its answer.
    if (!(error instanceof Error)) throw error;
    parts.warn({ code: "stdin", message: `Cannot read the pasted text: ${error.message}` });
  }
}

/** Ends the wait for an answer after the time limit and on the signal. */
function limitWait(
  parts: BrowserLoginParts,
  pending: PendingAnswer,
  over: AbortSignal,
  signal: AbortSignal | undefined,
): void {
  const limitMs = parts.limitMs ?? ANSWER_LIMIT_MS;
  const message = `The login was not completed within ${Math.round(limitMs / 60_000)} minutes`;
  parts.world.sleep(limitMs, over).then(
    () => pending.cancel(loginFailure("timeout", message)),
    () => {/* the login is over */},
  );
  const onAbort = () => {
    if (pending.cancel(signal?.reason)) return;
    parts.say("The answer has arrived and the login is being saved. Press Ctrl-C again to stop immediately.");
  };
  signal?.addEventListener("abort", onAbort, { once: true, signal: over });
}
