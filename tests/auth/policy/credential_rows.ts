/** Sources of credentials that are set at the same time, and the one that is used. */
import type { CredentialSource } from "../../../lib/auth/authenticator.ts";
import type { Credential } from "../../../lib/auth/credential.ts";
import type { Provider } from "../../../lib/config/provider.ts";
import { join } from "../../support/paths.ts";
import { accessToken, HOUR_MS, loginText } from "../kit.ts";

/** A provider, as an object and as lines of `config.toml`. */
export interface ProviderForm {
  /** Fields that differ from the built-in provider. */
  readonly fields: Partial<Provider>;
  /** Lines of its table in `config.toml`, without the address. */
  readonly table?: readonly string[];
  /** Flags that select it, for a provider without a table. */
  readonly choice?: "base-url" | "ollama" | "lmstudio";
}

/** What is set, and what is found. */
export interface CredentialRow {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** `auth.json`. */
  readonly stored?: string;
  /** The content of the file of `--api-key-file`. */
  readonly keyFile?: string;
  /** Default: the built-in one. */
  readonly provider?: ProviderForm;
  readonly kind: Credential["kind"];
  /** The name of a file in `CODEX_HOME` begins with `~/`. */
  readonly source: CredentialSource;
  /** The bearer token that a server receives; absent if none is sent, or where it is not tested. */
  readonly token?: string;
}

/** Every variable that may hold a credential of the user. */
export const ALL_KEYS = {
  CULVERT_API_KEY: "sk-culvert-key",
  CODEX_API_KEY: "sk-codex-key",
  OPENAI_API_KEY: "sk-openai-key",
  CODEX_ACCESS_TOKEN: "at-token",
};
const { CULVERT_API_KEY, CODEX_API_KEY, OPENAI_API_KEY, CODEX_ACCESS_TOKEN } = ALL_KEYS;

const STORED_TOKEN = accessToken("stored", Date.now() + HOUR_MS);
const LOGIN = loginText({ access: STORED_TOKEN, lastRefresh: new Date().toISOString() });
const NOTHING: CredentialSource = { kind: "none", name: "none" };
const FILE: CredentialSource = { kind: "file", name: "~/auth.json" };
const byVariable = (name: string): CredentialSource => ({ kind: "env", name });

const OWN: ProviderForm = { fields: { id: "mine", name: "Mine", requiresOpenAiAuth: false }, table: [] };
const WITH_VARIABLE: ProviderForm = {
  fields: { ...OWN.fields, envKey: "MY_KEY" },
  table: ['env_key = "MY_KEY"'],
};
const WITH_TOKEN: ProviderForm = {
  fields: { ...OWN.fields, bearerToken: "literal-token" },
  table: ['experimental_bearer_token = "literal-token"'],
};
const WITH_COMMAND: ProviderForm = {
  fields: {
    ...OWN.fields,
    commandAuth: {
      command: "echo",
      args: ["tok-of-command"],
      timeoutMs: 5_000,
      refreshIntervalMs: 1,
      cwd: "/",
    },
  },
  table: ['auth = { command = "echo", args = ["tok-of-command"] }'],
};
const BARE: ProviderForm = {
  fields: { id: "custom", name: "custom", requiresOpenAiAuth: false },
  choice: "base-url",
};
const local = (id: "ollama" | "lmstudio"): ProviderForm => ({
  fields: { id, name: "gpt-oss", requiresOpenAiAuth: false },
  choice: id,
});

/** Each source together with the next in the order, then what providers change. */
export const CREDENTIAL_ROWS: readonly CredentialRow[] = [
  {
    name: "a key file counts before CULVERT_API_KEY",
    env: ALL_KEYS,
    stored: LOGIN,
    keyFile: "sk-file-key\n",
    kind: "bearer",
    source: { kind: "flag", name: "--api-key-file ~/key.txt" },
    token: "sk-file-key",
  },
  {
    name: "CULVERT_API_KEY counts before CODEX_API_KEY",
    env: ALL_KEYS,
    stored: LOGIN,
    kind: "bearer",
    source: byVariable("CULVERT_API_KEY"),
    token: CULVERT_API_KEY,
  },
  {
    name: "CODEX_API_KEY counts before OPENAI_API_KEY",
    env: { CODEX_API_KEY, OPENAI_API_KEY, CODEX_ACCESS_TOKEN },
    stored: LOGIN,
    kind: "bearer",
    source: byVariable("CODEX_API_KEY"),
    token: CODEX_API_KEY,
  },
  {
    name: "OPENAI_API_KEY counts before CODEX_ACCESS_TOKEN",
    env: { OPENAI_API_KEY, CODEX_ACCESS_TOKEN },
    stored: LOGIN,
    kind: "bearer",
    source: byVariable("OPENAI_API_KEY"),
    token: OPENAI_API_KEY,
  },
  {
    name: "CODEX_ACCESS_TOKEN counts before auth.json",
    env: { CODEX_ACCESS_TOKEN },
    stored: LOGIN,
    kind: "personal_access_token",
    source: byVariable("CODEX_ACCESS_TOKEN"),
    token: CODEX_ACCESS_TOKEN,
  },
  {
    name: "auth.json counts where nothing else is set",
    stored: LOGIN,
    kind: "managed",
    source: FILE,
    token: STORED_TOKEN,
  },
  {
    name: "a blank variable counts as unset, and a value is trimmed",
    env: { CULVERT_API_KEY: "  ", CODEX_API_KEY: " sk-trimmed-key\n" },
    kind: "bearer",
    source: byVariable("CODEX_API_KEY"),
    token: "sk-trimmed-key",
  },
  {
    name: "an access token without the at- prefix is an agent identity",
    env: { CODEX_ACCESS_TOKEN: "eyJ.a.b" },
    kind: "agent_identity",
    source: byVariable("CODEX_ACCESS_TOKEN"),
  },
  {
    name: "an API key in auth.json counts, and tokens beside it do not, where no mode is named",
    stored: JSON.stringify({ ...JSON.parse(LOGIN), auth_mode: undefined, OPENAI_API_KEY: "sk-legacy-key" }),
    kind: "bearer",
    source: FILE,
    token: "sk-legacy-key",
  },
  {
    name: "a personal access token in auth.json needs no mode beside it",
    stored: '{"OPENAI_API_KEY":null,"personal_access_token":"at-stored"}',
    kind: "personal_access_token",
    source: FILE,
    token: "at-stored",
  },
  {
    name: "a key file counts before a provider's own variable",
    env: { ...ALL_KEYS, MY_KEY: "own-key-value" },
    keyFile: "sk-file-key",
    provider: WITH_VARIABLE,
    kind: "bearer",
    source: { kind: "flag", name: "--api-key-file ~/key.txt" },
    token: "sk-file-key",
  },
  {
    name: "a provider's own variable counts before every key of the user's",
    env: { ...ALL_KEYS, MY_KEY: "own-key-value" },
    provider: WITH_VARIABLE,
    kind: "bearer",
    source: { kind: "provider_env", name: "MY_KEY" },
    token: "own-key-value",
  },
  {
    name: "a provider's literal token counts before every key of the user's, and is not named by its value",
    env: ALL_KEYS,
    provider: WITH_TOKEN,
    kind: "bearer",
    source: { kind: "provider_token", name: 'experimental_bearer_token of provider "mine"' },
    token: "literal-token",
  },
  {
    name: "a provider's command counts before every key of the user's",
    env: ALL_KEYS,
    provider: WITH_COMMAND,
    kind: "command",
    source: { kind: "command", name: "echo" },
    token: "tok-of-command",
  },
  {
    name: "a bare base URL takes the usual keys",
    env: { OPENAI_API_KEY },
    stored: LOGIN,
    provider: BARE,
    kind: "bearer",
    source: byVariable("OPENAI_API_KEY"),
    token: OPENAI_API_KEY,
  },
  {
    name: "--base-url without --provider uses neither an access token nor auth.json",
    env: { CODEX_ACCESS_TOKEN },
    stored: LOGIN,
    provider: BARE,
    kind: "none",
    source: NOTHING,
  },
  {
    name: "a provider of the user's own never receives a key that is meant for OpenAI",
    env: { CODEX_API_KEY, OPENAI_API_KEY, CODEX_ACCESS_TOKEN },
    stored: LOGIN,
    provider: OWN,
    kind: "none",
    source: NOTHING,
  },
  {
    name: "a provider of the user's own takes the key that is meant for this program",
    env: ALL_KEYS,
    provider: OWN,
    kind: "bearer",
    source: byVariable("CULVERT_API_KEY"),
    token: CULVERT_API_KEY,
  },
  ...(["ollama", "lmstudio"] as const).map((id): CredentialRow => ({
    name: `${id} on this machine gets no credential whatever is set`,
    env: ALL_KEYS,
    stored: LOGIN,
    provider: local(id),
    kind: "none",
    source: NOTHING,
  })),
];

/** Returns the source of a row for a given `CODEX_HOME`. */
export function sourceIn({ source }: CredentialRow, home: string): CredentialSource {
  return { ...source, name: source.name.replace(/~\/(\S+)$/, (_, file: string) => join(home, file)) };
}
