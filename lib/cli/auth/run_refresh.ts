/**
 * Implements `culvert auth refresh`.
 *
 * @module
 */
import { authEndpoints } from "../../auth/chatgpt/auth_endpoints.ts";
import { NOT_STORED, storedCredential } from "../../auth/policy/find_credential.ts";
import { type Credential, MODES } from "../../auth/credential.ts";
import { ManagedLogin } from "../../auth/chatgpt/managed_login.ts";
import { openStore } from "../../auth/store/open_store.ts";
import { describeCredential } from "../../auth/recovery/rejection_report.ts";
import { expiryOf } from "../../auth/auth_record.ts";
import { CulvertError } from "../../errors.ts";
import type { AuthFlags } from "./command.ts";
import { connectCommand } from "../command/connection.ts";
import type { CliContext } from "../command/context.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: AuthFlags): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  using stop = listenForStop(host);
  await using connection = await connectCommand(host, flags, reporter);
  const { dialer, hold, observer, settings, world } = connection;
  const { codexHome, loginPolicy, loginStorage } = settings;
  const store = await openStore({ codexHome, loginStorage, world, warn: reporter.warn });
  const credential = await storedCredential(store, loginPolicy, stop.signal).catch((error) => {
    throw isNotStored(error) ? nothingToRenew(store.source) : error;
  });
  if (credential.kind !== "managed") {
    const what = describeCredential(MODES[credential.kind], credential.source);
    throw new CulvertError(
      "auth_refresh_failed",
      `The stored credential cannot be renewed: it is ${what}`,
      {
        hint: "Only the tokens of a ChatGPT login can be renewed. See: culvert auth status",
      },
    );
  }
  const { record } = credential;
  const endpoints = authEndpoints(world.env);
  const { warn } = reporter;
  const note = (message: string) => observer.observe({ kind: "note", level: "info", message });
  const options = { store, record, dialer, world, endpoints, note, warn, hold };
  const login = new ManagedLogin(options);
  await login.renew("proactive_expiry", stop.signal);
  if (!login.isSaved) {
    throw new CulvertError("auth_storage", `The renewed login could not be saved in ${store.source.name}`, {
      hint: "The previous tokens are no longer valid. Sign in again: culvert auth login",
    });
  }
  const expiresAt = expiryOf(login.record);
  const at = expiresAt === undefined ? null : new Date(expiresAt).toISOString();
  reporter.progress(`The access token was renewed${at === null ? "" : ` and is valid until ${at}`}`);
  if (flags.json === true) {
    const { source } = store;
    const line = {
      type: "culvert.refresh",
      path: source.kind === "file" ? source.name : null,
      source: { kind: source.kind, name: source.name },
      expires_at: at,
    };
    await host.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

function isNotStored(error: unknown): boolean {
  return error instanceof CulvertError && error.details["problem"] === NOT_STORED;
}

function nothingToRenew({ name }: Credential["source"]): CulvertError {
  return new CulvertError("auth_missing", `There is no stored login to renew in ${name}`, {
    hint: "Sign in with: culvert auth login. A key from the environment does not expire.",
    details: { path: name },
  });
}
