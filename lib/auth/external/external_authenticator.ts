/**
 * Authenticates with the credential of the program that embeds culvert. Nothing of it is written to a file.
 *
 * @module
 */
import { singleFlight } from "../../async/single_flight.ts";
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError } from "../../errors.ts";
import type { Observer } from "../../net/observer.ts";
import type { World } from "../../world/world.ts";
import { bearerHeaders } from "../auth_headers.ts";
import type { Authenticator, AuthMode, Authorization, CredentialSource } from "../authenticator.ts";
import { headerValue } from "../credential.ts";
import { defined } from "../../text/json.ts";
import { readClaims } from "../jwt_claims.ts";
import { accountObjection, forbidden, methodObjection } from "../policy/login_policy.ts";
import type { ActiveCredential } from "../recovery/active_credential.ts";
import { Recovery } from "../recovery/recovery.ts";
import type { ExternalAuth, ExternalCredential } from "./external_auth.ts";
import { callExternal, externalFailure } from "./external_call.ts";

const SOURCE: CredentialSource = { kind: "host", name: "the externalAuth option" };

interface ExternalAuthenticatorOptions {
  readonly auth: ExternalAuth;
  readonly world: Pick<World, "sleep">;
  /** Receives each recovery, and each failure of `resolve` after which the former credential stays in use. */
  readonly observer: Observer;
  /** Restrictions on a login at OpenAI. */
  readonly loginPolicy?: LoginPolicy | undefined;
}

/** Returns an authenticator: a 401 causes one `refresh` a turn, and the request is sent again with its result. */
export function externalAuthenticator(options: ExternalAuthenticatorOptions): Authenticator {
  const holder = new CredentialHolder(options);
  return {
    authorize: (signal) => holder.authorize(signal),
    startTurn: () => new Recovery(() => holder, options.observer),
  };
}

/** A credential that was checked. */
interface Held {
  readonly mode: Extract<AuthMode, "chatgpt" | "headers">;
  readonly headers: Readonly<Record<string, string>>;
  readonly accountId?: string;
}

class CredentialHolder implements ActiveCredential {
  readonly source = SOURCE;
  readonly renewal: ActiveCredential["renewal"];
  readonly #options: ExternalAuthenticatorOptions;
  #held: Held | undefined;
  /** The permanent failure of `resolve`. */
  #ended: CulvertError | undefined;
  /** The next request carries what the last recovery received. */
  #isRenewed = false;

  constructor(options: ExternalAuthenticatorOptions) {
    this.#options = options;
    this.renewal = { mode: "external", renew: singleFlight((signal) => this.#renew(signal)) };
  }

  get mode(): AuthMode {
    return this.#held?.mode ?? "chatgpt";
  }

  readonly presentHeaders = () => this.#held?.headers;

  /** @throws CulvertError `auth_missing`, `auth_refresh_failed` for another account; the signal's reason */
  readonly authorize = async (signal?: AbortSignal): Promise<Authorization> => {
    const { mode, headers } = await this.#current(signal);
    return { mode, source: SOURCE, headers };
  };

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
      signal?.throwIfAborted();
      const failure = this.#failure("auth_missing", "Cannot get a credential: `resolve`", cause);
      if (failure.details["permanent"] === true) this.#ended = failure;
      if (held === undefined) throw failure;
      const message = `${failure.message}; the previous credential is used`;
      observer.observe({ kind: "note", level: "info", message });
      return held;
    }
    return this.#held = this.#accept(credential);
  }

  async #renew(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const { auth, world } = this.#options;
    const context = {
      reason: "unauthorized",
      ...defined({ previousAccountId: this.#held?.accountId }),
    } as const;
    const call = (either: AbortSignal) =>
      auth.refresh?.({ ...context, signal: either }) ?? auth.resolve(either);
    let credential: ExternalCredential;
    try {
      credential = await callExternal(call, world, signal);
    } catch (cause) {
      signal.throwIfAborted();
      const name = auth.refresh === undefined ? "resolve" : "refresh";
      throw this.#failure("auth_refresh_failed", `Cannot renew the credential: \`${name}\``, cause);
    }
    this.#held = this.#accept(credential);
    this.#ended = undefined;
    this.#isRenewed = true;
    return this.#held.headers;
  }

  /** Checks a credential. */
  #accept(credential: ExternalCredential): Held {
    const { loginPolicy } = this.#options;
    const check = (setting: string | undefined) => {
      if (setting === undefined) return;
      throw forbidden(`the credential from ${SOURCE.name}`, setting, SOURCE.name);
    };
    check(methodObjection(loginPolicy, "chatgpt"));
    if (credential.kind === "headers") {
      return { mode: "headers", headers: checkedHeaders(credential.headers) };
    }
    const token = headerValue(credential.accessToken, SOURCE.name);
    const claims = readClaims(token);
    const accountId = credential.accountId ?? claims?.accountId;
    check(accountObjection(loginPolicy, [accountId]));
    const bound = this.#held?.accountId;
    if (bound !== undefined && accountId !== bound) throw accountChanged();
    const account = accountId === undefined ? {} : { accountId: headerValue(accountId, SOURCE.name) };
    const isFedramp = credential.isFedramp ?? claims?.isFedramp ?? false;
    return { mode: "chatgpt", headers: bearerHeaders(token, { ...account, isFedramp }), ...account };
  }

  #failure(code: "auth_missing" | "auth_refresh_failed", attempt: string, cause: unknown): CulvertError {
    const isPermanent = this.#options.auth.classifyError?.(cause) === "permanent";
    return externalFailure({ code, attempt: `${attempt} of ${SOURCE.name}`, cause, isPermanent });
  }
}

function accountChanged(): CulvertError {
  const message = "The externalAuth option returned a credential of another account";
  return new CulvertError("auth_refresh_failed", message, {
    hint: "A client uses one account. Create another client for another account.",
    details: { reason: "account_changed", permanent: true },
  });
}

/** @throws CulvertError `auth_missing` without any header, and for a name or value that is not legal */
function checkedHeaders(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(given);
  const wrong = entries.find(([name, value]) =>
    !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\x20-\x7e\t]*$/.test(value)
  );
  if (entries.length > 0 && wrong === undefined) {
    return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
  }
  const problem = wrong === undefined
    ? "it returned no headers"
    : `${JSON.stringify(wrong[0])} is not a valid header`;
  throw new CulvertError("auth_missing", `Cannot use the headers from ${SOURCE.name}: ${problem}`, {
    hint: "Header names must be tokens (RFC 9110 §5.6.2), and values printable ASCII.",
    details: { source: SOURCE.name },
  });
}
