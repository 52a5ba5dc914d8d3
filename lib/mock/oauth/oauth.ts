/**
 * The OAuth side of the simulated API: login by browser and by device code, refresh with rotation, revocation, and
 * the agents of a login.
 * Refresh tokens are good for one use, as the real ones are.
 *
 * @module
 */
import { Hono } from "hono";
import { MockAgents } from "./agents.ts";
import { DeviceLogins } from "./device_code.ts";
import { challengeOf } from "./pkce.ts";
import type { Json, Refusal } from "../api/scenario.ts";
import { accessToken, idToken, MOCK_ACCOUNT, type MockAccount } from "./tokens.ts";

/** How the server behaves. */
export interface OAuthServerOptions {
  /** Who logs in. Default: a made-up user on the plan `plus`. */
  readonly account?: MockAccount;
  /** Lifetime of access tokens, ms. Default one hour. */
  readonly accessTokenLifetimeMs?: number;
  /** Polls of a device code that are answered with "pending" before it is granted. Default 1. */
  readonly pendingPolls?: number;
  /** Waits before it answers a token request, ms: so that parallel refreshes meet. */
  readonly tokenDelayMs?: number;
}

/** What a login or refresh gives. */
export interface TokenSet {
  /** A JWT that says who. */
  readonly id_token: string;
  /** A JWT that the API accepts. */
  readonly access_token: string;
  /** Good for one refresh. */
  readonly refresh_token: string;
}

/** One token request as it was seen. */
export interface TokenRequest {
  /** `refresh_token`, `authorization_code` or the URN of a token exchange. */
  readonly grantType: string;
  /** All fields, whatever the encoding; secrets included, in memory alone. */
  readonly fields: Readonly<Record<string, string>>;
  /** Of the request. */
  readonly contentType: string;
  /** Of the answer. */
  readonly status: number;
}

type RefreshState = "valid" | "used" | "expired" | "revoked";

interface Grant {
  readonly challenge: string;
  readonly redirectUri: string;
}

/** The server's state and its routes. */
export class OAuthServer {
  /** Every `POST /oauth/token` so far. */
  readonly tokenRequests: TokenRequest[] = [];
  /** Tokens that were revoked by request. */
  readonly revoked: string[] = [];
  /** Agents that were registered. */
  readonly agents: MockAgents = new MockAgents((token) => this.accepts(token));
  readonly #options: OAuthServerOptions;
  readonly #refreshTokens = new Map<string, RefreshState>();
  readonly #accessTokens = new Map<string, { readonly expiresAt: number; rejected: boolean }>();
  readonly #grants = new Map<string, Grant>();
  readonly #devices: DeviceLogins;
  readonly #faults: Refusal[] = [];

  /**
   * Starts without any grant.
   *
   * @param options how it behaves
   */
  constructor(options: OAuthServerOptions = {}) {
    this.#options = options;
    this.#devices = new DeviceLogins({
      pendingPolls: options.pendingPolls ?? 1,
      grant: (challenge, redirectUri) => this.#grant(challenge, redirectUri),
    });
  }

  /**
   * Makes a set of tokens as a login would.
   *
   * @param lifetimeMs of the access token; negative: expired already
   */
  async issue(lifetimeMs: number = this.#options.accessTokenLifetimeMs ?? 3_600_000): Promise<TokenSet> {
    const account = this.#options.account ?? MOCK_ACCOUNT;
    const expiresAt = Date.now() + lifetimeMs;
    const access_token = await accessToken(account, expiresAt);
    const refresh_token = `rt_${crypto.randomUUID()}`;
    this.#accessTokens.set(access_token, { expiresAt, rejected: false });
    this.#refreshTokens.set(refresh_token, "valid");
    return { id_token: await idToken(account, expiresAt), access_token, refresh_token };
  }

  /** Whether the API takes this token: everything but what is known here as expired or rejected. */
  accepts(token: string): boolean {
    const known = this.#accessTokens.get(token);
    return known === undefined || (!known.rejected && known.expiresAt > Date.now());
  }

  /** From now on the API refuses this access token though its `exp` says otherwise. */
  rejectAccessToken(token: string): void {
    this.#accessTokens.set(token, { expiresAt: 0, rejected: true });
  }

  /** Makes a refresh token expired or revoked. */
  spoil(refreshToken: string, state: "expired" | "revoked" | "used"): void {
    this.#refreshTokens.set(refreshToken, state);
  }

  /** The next token requests are answered so instead. */
  failNext(...refusals: readonly Refusal[]): void {
    this.#faults.push(...refusals);
  }

  /** Counts the refreshes asked for so far. */
  get refreshCount(): number {
    return this.tokenRequests.filter((request) => request.grantType === "refresh_token").length;
  }

  /**
   * The routes, for mounting at the root of the issuer.
   *
   * @ignore The simulated API has done so already.
   */
  routes(): Hono {
    const app = new Hono();
    app.get("/oauth/authorize", (context) => this.#authorize(new URL(context.req.url)));
    app.post("/oauth/token", (context) => this.#token(context.req.raw));
    app.post("/oauth/revoke", async (context) => {
      const { token } = await fieldsOf(context.req.raw);
      if (token !== undefined) {
        this.revoked.push(token);
        if (this.#refreshTokens.has(token)) this.#refreshTokens.set(token, "revoked");
        if (this.#accessTokens.has(token)) this.rejectAccessToken(token);
      }
      return context.body(null, 200);
    });
    app.route("/api/accounts/deviceauth", this.#devices.routes());
    app.route("/api/accounts/v1/agent", this.agents.routes());
    return app;
  }

  /** Approves at once, as a user with a finger on the button would. */
  #authorize(url: URL): Response {
    const query = url.searchParams;
    const redirectUri = query.get("redirect_uri");
    const challenge = query.get("code_challenge");
    if (redirectUri === null || challenge === null || query.get("code_challenge_method") !== "S256") {
      return Response.json({ error: "invalid_request" }, { status: 400 });
    }
    const back = new URL(redirectUri);
    back.searchParams.set("code", this.#grant(challenge, redirectUri));
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    return new Response(null, { status: 302, headers: { location: back.href } });
  }

  #grant(challenge: string, redirectUri: string): string {
    const code = `ac_${crypto.randomUUID()}`;
    this.#grants.set(code, { challenge, redirectUri });
    return code;
  }

  async #token(request: Request): Promise<Response> {
    const fields = await fieldsOf(request);
    if (this.#options.tokenDelayMs !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, this.#options.tokenDelayMs));
    }
    const fault = this.#faults.shift();
    const grantType = fields["grant_type"] ?? "";
    const reply = fault !== undefined ? faultReply(fault) : await this.#grantReply(grantType, fields);
    this.tokenRequests.push({
      grantType,
      fields,
      contentType: request.headers.get("content-type") ?? "",
      status: reply.status,
    });
    return reply;
  }

  async #grantReply(grantType: string, fields: Readonly<Record<string, string>>): Promise<Response> {
    switch (grantType) {
      case "refresh_token":
        return await this.#refresh(fields["refresh_token"] ?? "");
      case "authorization_code":
        return await this.#exchangeCode(fields);
      case "urn:ietf:params:oauth:grant-type:token-exchange":
        return Response.json({ access_token: "sk-mock-exchanged" });
      default:
        return oauthError(400, "unsupported_grant_type", `Unknown grant type "${grantType}"`);
    }
  }

  async #refresh(token: string): Promise<Response> {
    const state = this.#refreshTokens.get(token);
    if (state === "valid") {
      // Before anything is awaited: of two requests with one token only the first may win.
      this.#refreshTokens.set(token, "used");
      return Response.json({ ...await this.issue(), token_type: "Bearer", expires_in: 3600 });
    }
    const code = state === "used"
      ? "refresh_token_reused"
      : state === "expired"
      ? "refresh_token_expired"
      : "refresh_token_invalidated";
    return oauthError(401, code, "Your refresh token cannot be used. Please sign in again.");
  }

  async #exchangeCode(fields: Readonly<Record<string, string>>): Promise<Response> {
    const code = fields["code"] ?? "";
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    if (grant === undefined) {
      return oauthError(400, "invalid_grant", "The code is unknown or was used before");
    }
    if (grant.redirectUri !== fields["redirect_uri"]) {
      return oauthError(400, "invalid_grant", "The redirect URI is not the one of the request");
    }
    if (await challengeOf(fields["code_verifier"] ?? "") !== grant.challenge) {
      return oauthError(400, "invalid_grant", "The code verifier does not fit the challenge");
    }
    return Response.json(await this.issue());
  }
}

function oauthError(status: number, code: string, message: string): Response {
  const body: Json = { error: { message, type: "invalid_request_error", param: null, code } };
  return Response.json(body, { status, headers: { "x-request-id": "req_mock_oauth" } });
}

function faultReply(fault: Refusal): Response {
  const text = typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body);
  return new Response(text, {
    status: fault.status,
    headers: { "content-type": "application/json", ...fault.headers },
  });
}

/** The fields of a JSON or form body. */
async function fieldsOf(request: Request): Promise<Record<string, string>> {
  const text = await request.text();
  if (!(request.headers.get("content-type") ?? "").includes("json")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  const fields: Record<string, string> = {};
  const value: unknown = JSON.parse(text);
  for (const [name, field] of Object.entries(Object(value))) fields[name] = String(field);
  return fields;
}
