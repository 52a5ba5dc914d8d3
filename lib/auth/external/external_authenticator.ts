/**
 * Authenticates with the credential of the program that embeds culvert. Nothing of it is written to a file.
 *
 * @module
 */
import type { LoginPolicy } from "../../config/settings.ts";
import { CulvertError, handleFailure } from "../../errors.ts";
import type { Observer } from "../../net/observer.ts";
import type { World } from "../../world/world.ts";
import { bearerHeaders } from "../auth_headers.ts";
import type { Authenticator, CredentialSource } from "../authenticator.ts";
import { headerValue } from "../credential.ts";
import { defined } from "../../text/json.ts";
import { readClaims } from "../jwt_claims.ts";
import { accountObjection, forbidden, methodObjection } from "../policy/login_policy.ts";
import { type ActiveCredential, type Supplied, suppliedCredential } from "../recovery/active_credential.ts";
import { Recovery } from "../recovery/recovery.ts";
import { isPermanent } from "../recovery/refresh_failure.ts";
import type { ExternalAuth, ExternalCredential } from "./external_auth.ts";
import { callExternal } from "./external_call.ts";

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
  const credential = externalCredential(options);
  return {
    authorize: async (signal) => ({
      mode: credential.mode,
      source: SOURCE,
      ...await credential.authorize(signal),
    }),
    startTurn: () => new Recovery(() => credential, options.observer),
  };
}

/** A credential that was checked. */
interface Checked extends Supplied {
  readonly accountId?: string;
}

function externalCredential(options: ExternalAuthenticatorOptions): ActiveCredential {
  const { auth, observer, world } = options;
  const classify = { isPermanent: (thrown: unknown) => auth.classifyError?.(thrown) === "permanent" };
  /** The permanent failure of `resolve`. */
  let ended: CulvertError | undefined;
  const resolve = {
    ...classify,
    call: (signal: AbortSignal) => auth.resolve(signal),
    code: "auth_missing",
    attempt: `Cannot get a credential: \`resolve\` of ${SOURCE.name}`,
  } as const;
  const name = auth.refresh === undefined ? "resolve" : "refresh";
  const refresh = {
    ...classify,
    code: "auth_refresh_failed",
    attempt: `Cannot renew the credential: \`${name}\` of ${SOURCE.name}`,
  } as const;
  return suppliedCredential<Checked>({
    mode: "chatgpt",
    source: SOURCE,
    current: async (held, signal) => {
      if (ended !== undefined && held !== undefined) return held;
      if (ended !== undefined) throw ended;
      const credential = await handleFailure(callExternal(resolve, world, signal), (failure) => {
        signal?.throwIfAborted();
        if (isPermanent(failure)) ended = failure;
        if (held === undefined) throw failure;
        const message = `${failure.message}; the previous credential is used`;
        observer.observe({ kind: "note", level: "info", message });
        return held;
      });
      return "kind" in credential ? check(credential, held, options.loginPolicy) : credential;
    },
    renew: async (held, signal) => {
      const context = { reason: "unauthorized", ...defined({ previousAccountId: held?.accountId }) } as const;
      const call = (either: AbortSignal) =>
        auth.refresh?.({ ...context, signal: either }) ?? auth.resolve(either);
      const credential = await callExternal({ ...refresh, call }, world, signal);
      const checked = check(credential, held, options.loginPolicy);
      ended = undefined;
      return checked;
    },
  });
}

/**
 * Checks a credential.
 *
 * @param held the former one, whose account it must have
 * @throws CulvertError `auth_missing`; `auth_refresh_failed` for another account
 */
function check(
  credential: ExternalCredential,
  held: Checked | undefined,
  loginPolicy: LoginPolicy | undefined,
): Checked {
  const demand = (setting: string | undefined) => {
    if (setting === undefined) return;
    throw forbidden(`the credential from ${SOURCE.name}`, setting, SOURCE.name);
  };
  demand(methodObjection(loginPolicy, "chatgpt"));
  if (credential.kind === "headers") return { mode: "headers", headers: checkedHeaders(credential.headers) };
  const token = headerValue(credential.accessToken, SOURCE.name);
  const claims = readClaims(token);
  const accountId = credential.accountId ?? claims?.accountId;
  demand(accountObjection(loginPolicy, [accountId]));
  if (held?.accountId !== undefined && accountId !== held.accountId) throw accountChanged();
  const account = accountId === undefined ? {} : { accountId: headerValue(accountId, SOURCE.name) };
  const isFedramp = credential.isFedramp ?? claims?.isFedramp ?? false;
  return { mode: "chatgpt", headers: bearerHeaders(token, { ...account, isFedramp }), ...account };
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
