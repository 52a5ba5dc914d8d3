/**
 * Sends the credential of the program that embeds culvert. Nothing of it reaches a file.
 *
 * @module
 */
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import type { Observer } from "../../net/observer.ts";
import type { World } from "../../world/world.ts";
import type { ActiveCredential } from "../recovery/active_credential.ts";
import { bearerHeaders } from "../auth_headers.ts";
import type { Authenticator, AuthMode, Authorization, CredentialSource } from "../authenticator.ts";
import { headerValue } from "../credential.ts";
import type { ExternalAuth, ExternalCredential } from "./external_auth.ts";
import { callExternal, ExternalTimeout } from "./external_call.ts";
import { readClaims } from "../jwt_claims.ts";
import { accountObjection, forbidden, methodObjection } from "../policy/login_policy.ts";
import { Recovery } from "../recovery/recovery.ts";

const SOURCE: CredentialSource = { kind: "host", name: "the externalAuth option" };

/** What the authenticator works with. */
export interface ExternalAuthenticatorOptions {
  readonly auth: ExternalAuth;
  readonly world: Pick<World, "sleep">;
  /** Told of each recovery, and of a `resolve` that failed while there was a former credential. */
  readonly observer: Observer;
  /** What the configuration demands of a login at OpenAI. */
  readonly loginPolicy?: LoginPolicy | undefined;
}

/** Makes an authenticator: a 401 costs one `refresh` a turn, and is sent again with what that gives. */
export function externalAuthenticator(options: ExternalAuthenticatorOptions): Authenticator {
  const holder = new Holder(options);
  return {
    authorize: (signal) => holder.authorize(signal),
    startTurn: () => new Recovery(() => holder.active(), options.observer),
  };
}

/** A credential that was looked at and found usable. */
interface Held {
  readonly mode: Extract<AuthMode, "chatgpt" | "headers">;
  readonly headers: Readonly<Record<string, string>>;
  readonly accountId?: string;
}

class Holder {
  readonly #options: ExternalAuthenticatorOptions;
  #held: Held | undefined;
  /** What `resolve` failed with for good. */
  #ended: CulvertError | undefined;
  /** What recovery was given is what the next request carries. */
  #isRenewed = false;
  /** Turns that are refused at the same time share one call. */
  #renewing: Promise<Readonly<Record<string, string>>> | undefined;

  constructor(options: ExternalAuthenticatorOptions) {
    this.#options = options;
  }

  active(): ActiveCredential {
    const mode = this.#held?.mode ?? "chatgpt";
    return {
      mode,
      source: SOURCE,
      renewal: { mode: "external", renew: (signal) => this.#renewOnce(signal) },
      authorize: (signal) => this.authorize(signal),
      presentHeaders: () => this.#held?.headers,
      facts: () => ({ mode, source: SOURCE }),
    };
  }

  /** @throws CulvertError `auth_missing` when there is none; `auth_refresh_failed` for one of another account */
  async authorize(signal: AbortSignal | undefined): Promise<Authorization> {
    const { mode, headers } = await this.#current(signal);
    return { mode, source: SOURCE, headers };
  }

  async #current(signal: AbortSignal | undefined): Promise<Held> {
    const held = this.#held;
    if (held !== undefined && (this.#isRenewed || this.#ended !== undefined)) {
      this.#isRenewed = false;
      return held;
    }
    if (this.#ended !== undefined) throw this.#ended;
    const { auth, observer, world } = this.#options;
    let credential: ExternalCredential;
    try {
      credential = await callExternal((either) => auth.resolve(either), world, signal);
    } catch (cause) {
      if (signal?.aborted === true) throw signal.reason;
      const failure = this.#failure("auth_missing", "Cannot get a credential: `resolve`", cause);
      if (failure.details["permanent"] === true) this.#ended = failure;
      if (held === undefined) throw failure;
      observer.observe({
        kind: "note",
        level: "info",
        message: `${failure.message}; the former credential stays in use`,
      });
      return held;
    }
    return this.#held = this.#accept(credential);
  }

  async #renewOnce(signal: AbortSignal | undefined): Promise<Readonly<Record<string, string>>> {
    this.#renewing ??= this.#renew(signal).finally(() => (this.#renewing = undefined));
    return await this.#renewing;
  }

  async #renew(signal: AbortSignal | undefined): Promise<Readonly<Record<string, string>>> {
    const { auth, world } = this.#options;
    const previousAccountId = this.#held?.accountId;
    let credential: ExternalCredential;
    try {
      credential = await callExternal(
        (either) =>
          auth.refresh === undefined ? auth.resolve(either) : auth.refresh({
            reason: "unauthorized",
            ...(previousAccountId === undefined ? {} : { previousAccountId }),
            signal: either,
          }),
        world,
        signal,
      );
    } catch (cause) {
      if (signal?.aborted === true) throw signal.reason;
      const name = auth.refresh === undefined ? "resolve" : "refresh";
      throw this.#failure("auth_refresh_failed", `Cannot renew the credential: \`${name}\``, cause);
    }
    this.#held = this.#accept(credential);
    this.#ended = undefined;
    this.#isRenewed = true;
    return this.#held.headers;
  }

  /** The credential as headers, if it may be used. */
  #accept(credential: ExternalCredential): Held {
    const { loginPolicy } = this.#options;
    const demand = methodObjection(loginPolicy, "chatgpt");
    if (demand !== undefined) throw forbidden(`the credential from ${SOURCE.name}`, demand, SOURCE.name);
    if (credential.kind === "headers") return { mode: "headers", headers: legalHeaders(credential.headers) };
    const token = headerValue(credential.accessToken, SOURCE.name);
    const claims = readClaims(token);
    const accountId = credential.accountId ?? claims?.accountId;
    const denied = accountObjection(loginPolicy, [accountId]);
    if (denied !== undefined) throw forbidden(`the credential from ${SOURCE.name}`, denied, SOURCE.name);
    const bound = this.#held?.accountId;
    if (bound !== undefined && accountId !== bound) throw accountChanged();
    const account = {
      ...(accountId === undefined ? {} : { accountId: headerValue(accountId, SOURCE.name) }),
      isFedramp: credential.isFedramp ?? claims?.isFedramp ?? false,
    };
    return {
      mode: "chatgpt",
      headers: bearerHeaders(token, account),
      ...(accountId === undefined ? {} : { accountId }),
    };
  }

  /** Its message is not repeated: nobody knows what a stranger's error says of the credential. */
  #failure(code: "auth_missing" | "auth_refresh_failed", attempt: string, cause: unknown): CulvertError {
    if (cause instanceof ExternalTimeout) {
      return new CulvertError(code, `${attempt} of ${SOURCE.name} failed: ${cause.message}`, {
        hint: "Let it answer in time or fail. Its signal is aborted when the time is over.",
        details: { reason: "external_timeout", permanent: false },
        cause,
      });
    }
    const permanent = this.#options.auth.classifyError?.(cause) === "permanent";
    const why = cause instanceof CulvertError ? `: ${cause.message}` : "";
    return new CulvertError(code, `${attempt} of ${SOURCE.name} failed${why}`, {
      hint: "The error's cause is what it threw.",
      details: { reason: permanent ? "external_permanent" : "external_transient", permanent },
      cause,
    });
  }
}

function accountChanged(): CulvertError {
  return new CulvertError(
    "auth_refresh_failed",
    `${SOURCE.name.replace("the", "The")} gave a credential of another account`,
    {
      hint: "A client stays with one account. Open another client for another account.",
      details: { reason: "account_changed", permanent: true },
    },
  );
}

/** @throws CulvertError `auth_missing` for a name or value that no header can have, or without any */
function legalHeaders(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(given);
  const wrong = entries.find(([name, value]) =>
    !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\x20-\x7e\t]*$/.test(value)
  );
  if (entries.length > 0 && wrong === undefined) {
    return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
  }
  const problem = wrong === undefined ? "there are none" : `${JSON.stringify(wrong[0])} is no legal header`;
  throw new CulvertError("auth_missing", `Cannot use the headers from ${SOURCE.name}: ${problem}`, {
    hint: "Names are tokens, and values printable ASCII.",
    details: { source: SOURCE.name },
  });
}
