/**
 * Defines `culvert auth` and its commands.
 *
 * @module
 */
import { type CommandDocs, defineCommand, defineGroup } from "../command/command.ts";
import { integerUpTo } from "../command/flags/parsers.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
} from "../command/shared_flags.ts";
import { parsedFlag, pathFlag, requiredFlag, switchFlag } from "../command/flags/flag_kinds.ts";

/** Flags of every command of the group. */
export type AuthFlags = OutputFlags & NetworkFlags & { readonly json?: boolean };

/** Flags of `auth login`. */
export type LoginFlags = AuthFlags & {
  readonly device?: boolean;
  readonly apiKey?: boolean;
  readonly accessToken?: boolean;
  readonly issuer?: string;
  readonly port?: number;
};

/** Flags of `auth status`. */
export type StatusFlags = AuthFlags & { readonly provider?: string; readonly apiKeyFile?: string };

const NO_ARGUMENTS = { kind: "tuple", parameters: [] } as const;
const SHARED = {
  ...NETWORK_FLAGS,
  ...OUTPUT_FLAGS,
  json: switchFlag("Print one JSON object"),
} as const;
const SEE_ALSO = ["culvert auth status", "culvert help environment", "culvert doctor"];

/** `culvert auth login`. */
const loginCommand = defineCommand<LoginFlags, []>({
  flags: {
    device: switchFlag("Sign in with a code, on any device"),
    apiKey: switchFlag("Store an API key, read from stdin"),
    accessToken: switchFlag("Check and store an access token, read from stdin"),
    issuer: requiredFlag("URL", "URL of the authorization server"),
    port: parsedFlag(integerUpTo(65_535), "N", "Port on this machine to which the browser returns"),
    ...SHARED,
  },
  aliases: OUTPUT_ALIASES,
  positional: NO_ARGUMENTS,
  docs: {
    brief: "Sign in",
    description: [
      "Signs in with ChatGPT in a browser. If the browser runs on another machine, or the port is",
      "in use, paste the last address of the browser, or the code in it, into this terminal.",
      "The login is stored in auth.json, or as cli_auth_credentials_store in",
      "config.toml selects, and shared with the codex client. The previous login is replaced and",
      "revoked after the new one is saved.",
      "--access-token accepts a personal access token (at-...) or an agent identity.",
    ].join("\n"),
    examples: [
      "culvert auth login",
      "culvert auth login --device",
      "culvert auth login --api-key < key.txt",
      "culvert auth login --access-token < token.txt",
    ],
    seeAlso: SEE_ALSO,
  },
  load: () => import("./run_login.ts"),
});

/** `culvert auth status`. */
const statusCommand = defineCommand<StatusFlags, []>({
  flags: {
    provider: requiredFlag("ID", "Provider whose credential is shown"),
    apiKeyFile: pathFlag("FILE", "File with the API key"),
    ...SHARED,
  },
  aliases: OUTPUT_ALIASES,
  positional: NO_ARGUMENTS,
  docs: {
    brief: "Show which credential is used, and whether it is usable",
    description: [
      "Shows source, account, plan and expiry of the credential that the next request uses,",
      "and the other sources that contain one. Sends no request. Exits 4 if there is no",
      "usable credential.",
    ].join("\n"),
    examples: ["culvert auth status", "culvert auth status --json"],
    seeAlso: ["culvert auth login", "culvert auth refresh", "culvert help environment"],
  },
  load: () => import("./run_status.ts"),
});

/** `culvert auth refresh`. */
const refreshCommand = defineCommand<AuthFlags, []>({
  flags: SHARED,
  aliases: OUTPUT_ALIASES,
  positional: NO_ARGUMENTS,
  docs: {
    brief: "Renew the access token of the stored login now",
    description: [
      "Renews the token even if it is still valid. Requests do this automatically, shortly",
      "before a token expires and after one is refused. A token is renewed only if",
      "the new one can be saved.",
    ].join("\n"),
    examples: ["culvert auth refresh"],
    seeAlso: SEE_ALSO,
  },
  load: () => import("./run_refresh.ts"),
});

/** `culvert auth logout`. */
const logoutCommand = defineCommand<AuthFlags, []>({
  flags: SHARED,
  aliases: OUTPUT_ALIASES,
  positional: NO_ARGUMENTS,
  docs: {
    brief: "Sign out: revoke the stored login and remove it",
    description:
      "Revokes the stored login and removes it. Environment variables are not changed; those that still contain a credential are listed.",
    examples: ["culvert auth logout"],
    seeAlso: SEE_ALSO,
  },
  load: () => import("./run_logout.ts"),
});

const docs: CommandDocs = {
  brief: "Sign in and out, and show the credential in use",
  examples: ["culvert auth status", "culvert auth login"],
  seeAlso: ["culvert help environment", "culvert report"],
};

/** `culvert auth`. */
export const authCommands = defineGroup(
  { login: loginCommand, status: statusCommand, refresh: refreshCommand, logout: logoutCommand },
  docs,
);
