/**
 * The words of `culvert auth` and its commands.
 *
 * @module
 */
import { type CommandDocs, defineCommand, defineGroup } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";

/** What every command of the group takes. */
export type AuthFlags = OutputFlags & NetworkFlags & { readonly json?: boolean };

/** What can be said to `auth login`. */
export type LoginFlags = AuthFlags & {
  readonly device?: boolean;
  readonly apiKey?: boolean;
  readonly accessToken?: boolean;
  readonly issuer?: string;
  readonly port?: number;
  readonly successUrl?: string;
};

/** What can be said to `auth status`. */
export type StatusFlags = AuthFlags & { readonly provider?: string; readonly apiKeyFile?: string };

const port = (input: string): number => {
  if (!/^\d{1,5}$/.test(input) || Number(input) > 65_535) throw new Error("Expected a port number");
  return Number(input);
};
const NO_WORDS = { kind: "tuple", parameters: [] } as const;
const SHARED = {
  ...NETWORK_FLAGS,
  ...OUTPUT_FLAGS,
  json: { kind: "boolean", optional: true, withNegated: false, brief: "One JSON object on stdout" },
} as const;
const SEE_ALSO = ["culvert auth status", "culvert help environment", "culvert doctor"];

/** `culvert auth login`. */
export const loginCommand = defineCommand<LoginFlags, []>({
  flags: {
    device: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Sign in with a code, on any device",
    },
    apiKey: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Store an API key, read from stdin",
    },
    accessToken: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Check and store an access token, read from stdin",
    },
    issuer: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "URL",
      brief: "Authority to sign in at",
    },
    port: {
      kind: "parsed",
      parse: port,
      optional: true,
      placeholder: "N",
      brief: "Port on this machine that the browser comes back to",
    },
    successUrl: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "URL",
      brief: "Page for the browser to end on, in place of the local one",
    },
    ...SHARED,
  },
  aliases: OUTPUT_ALIASES,
  positional: NO_WORDS,
  docs: {
    brief: "Sign in",
    description: [
      "Signs in with ChatGPT by browser. The address that the browser ends on, or the code",
      "in it, may also be pasted here, for when the browser is on another machine.",
      "The login is stored in auth.json, or where cli_auth_credentials_store in config.toml says,",
      "and shared with the codex client. The former one is replaced, and revoked, only when the",
      "new one is safe.",
      "Of two logins by browser at the same time the later one goes on: the earlier gives way.",
      "The page of --success-url is told source=login and app_brand=codex, and nothing secret;",
      "who has an organisation to set up first still ends on the local one, which says so.",
      "An access token is a personal one (at-...) or an agent identity.",
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
export const statusCommand = defineCommand<StatusFlags, []>({
  flags: {
    provider: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "ID",
      brief: "Provider to look at",
    },
    apiKeyFile: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "File with an API key",
    },
    ...SHARED,
  },
  aliases: OUTPUT_ALIASES,
  positional: NO_WORDS,
  docs: {
    brief: "Show which credential is used, and whether it is any good",
    description: [
      "Shows source, account, plan and expiry of the credential that the next request",
      "would carry, and which others lose to it. Asks nobody. Exits 4 when there is none,",
      "or none that is usable.",
    ].join("\n"),
    examples: ["culvert auth status", "culvert auth status --json"],
    seeAlso: ["culvert auth login", "culvert auth refresh", "culvert help environment"],
  },
  load: () => import("./run_status.ts"),
});

/** `culvert auth refresh`. */
export const refreshCommand = defineCommand<AuthFlags, []>({
  flags: SHARED,
  aliases: OUTPUT_ALIASES,
  positional: NO_WORDS,
  docs: {
    brief: "Renew the access token of the stored login now",
    description: [
      "Renews it though it may still be good. Requests do this by themselves, shortly",
      "before a token expires and when one is refused.",
    ].join("\n"),
    examples: ["culvert auth refresh"],
    seeAlso: SEE_ALSO,
  },
  load: () => import("./run_refresh.ts"),
});

/** `culvert auth logout`. */
export const logoutCommand = defineCommand<AuthFlags, []>({
  flags: SHARED,
  aliases: OUTPUT_ALIASES,
  positional: NO_WORDS,
  docs: {
    brief: "Sign out: revoke the stored login and remove it",
    description: "Variables of the environment stay as they are, and are named when one still gives a key.",
    examples: ["culvert auth logout"],
    seeAlso: SEE_ALSO,
  },
  load: () => import("./run_logout.ts"),
});

const docs: CommandDocs = {
  brief: "Sign in and out, and see who you are",
  examples: ["culvert auth status", "culvert auth login"],
  seeAlso: ["culvert help environment", "culvert report"],
};

/** `culvert auth`. */
export const authCommands = defineGroup(
  { login: loginCommand, status: statusCommand, refresh: refreshCommand, logout: logoutCommand },
  docs,
);
