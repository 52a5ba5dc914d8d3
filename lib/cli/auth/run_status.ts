/**
 * Implements `culvert auth status`.
 *
 * @module
 */
import { openStore } from "../../auth/store/open_store.ts";
import type { CredentialStore } from "../../auth/store/credential_store.ts";
import { type AuthStatus, authStatus } from "../../auth/policy/status.ts";
import { loadSettings } from "../../config/load_settings.ts";
import { EXIT } from "../../errors.ts";
import type { StatusFlags } from "./command.ts";
import { settingsFlags } from "../command/shared_flags.ts";
import type { CliContext } from "../command/context.ts";
import { singleLine } from "../output/render_error.ts";
import { createReporter } from "../output/reporter.ts";

const KINDS: Readonly<Record<AuthStatus["mode"], string>> = {
  apikey: "API key",
  chatgpt: "ChatGPT login",
  personalAccessToken: "personal access token",
  agentIdentity: "agent identity",
  headers: "configured headers",
  none: "none",
};

/** Runs the command. */
export async function run(context: CliContext, flags: StatusFlags): Promise<void> {
  const { host } = context;
  const { world } = host;
  const reporter = createReporter(host, flags);
  const settings = await loadSettings(settingsFlags(flags), world);
  settings.warnings.forEach(reporter.warn);
  const { codexHome, loginStorage } = settings;
  let opened: Promise<CredentialStore> | undefined;
  const status = await authStatus({
    provider: settings.provider,
    loginPolicy: settings.loginPolicy,
    world,
    store: () => (opened ??= openStore({ codexHome, loginStorage, world, warn: reporter.warn })),
    ...(settings.apiKeyFile === undefined ? {} : { apiKeyFile: settings.apiKeyFile }),
  });
  if (!status.usable) context.status = status.error?.exitStatus ?? EXIT.auth;
  await host.stdout.write(
    flags.json === true ? `${JSON.stringify(statusJson(status))}\n` : statusText(status, world.now()),
  );
  if (status.error?.hint !== undefined) {
    const [message = "", ...rest] = status.error.hint.split("\n");
    reporter.fail({ message, hint: rest.length === 0 ? null : rest.join("\n") });
  }
}

/** Returns the status as JSON. Every key is always present. */
function statusJson(status: AuthStatus): Readonly<Record<string, unknown>> {
  const time = (ms: number | undefined) => ms === undefined ? null : new Date(ms).toISOString();
  return {
    type: "culvert.auth_status",
    usable: status.usable,
    mode: status.mode,
    source: { kind: status.source.kind, name: status.source.name },
    provider: status.provider,
    base_url: status.baseUrl,
    key: status.key ?? null,
    email: status.email ?? null,
    account_tail: status.accountTail ?? null,
    plan: status.plan ?? null,
    expires_at: time(status.expiresAt),
    last_refresh: time(status.lastRefresh),
    can_renew: status.canRenew,
    shadowed: status.shadowed,
    problems: status.problems,
    code: status.error?.code ?? null,
    hint: status.error?.hint ?? null,
  };
}

/** Returns the status as text. */
export function statusText(status: AuthStatus, now: number): string {
  const account = [
    status.email,
    status.accountTail === undefined ? undefined : `account …${status.accountTail}`,
  ]
    .filter((part) => part !== undefined);
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Credential", status.usable && status.mode === "none" ? "none needed" : KINDS[status.mode]],
    ["Source", status.source.kind === "none" ? undefined : status.source.name],
    ["Key", status.key],
    ["Account", account.length === 0 ? undefined : account.join(", ")],
    ["Plan", status.plan],
    ["Expires", status.expiresAt === undefined ? undefined : describeTime(status.expiresAt, now)],
    ["Renewable", status.mode === "chatgpt" ? (status.canRenew ? "yes" : "no") : undefined],
    ["Provider", `${status.provider} at ${status.baseUrl}`],
    ["Not used", status.shadowed.length === 0 ? undefined : status.shadowed.join(", ")],
    ...status.problems.map((problem) => ["Note", problem] as const),
    ["Usable", status.usable ? "yes" : "no"],
  ];
  // Account and plan come from an identity provider: a line break in them must not start a new line.
  return rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`${`${name}:`.padEnd(12)}${singleLine(value)}\n`]
  ).join("");
}

/** Formats a time, such as `2026-03-01T12:00:00Z (in 2 h)`. */
function describeTime(ms: number, now: number): string {
  const minutes = Math.round(Math.abs(ms - now) / 60_000);
  const span = minutes < 120
    ? `${minutes} min`
    : minutes < 2_880
    ? `${Math.round(minutes / 60)} h`
    : `${Math.round(minutes / 1_440)} days`;
  const at = new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  return `${at} (${ms < now ? `${span} ago` : `in ${span}`})`;
}
