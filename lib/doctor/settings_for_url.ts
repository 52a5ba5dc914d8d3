/**
 * Finds the settings of a turn to a given URL.
 *
 * @module
 */
import { defaultBaseUrl } from "../auth/auth_headers.ts";
import { findCodexHome } from "../config/codex_home.ts";
import { checkBaseUrl } from "../config/choose_provider.ts";
import { loadConfig } from "../config/config_layers.ts";
import { loadSettings } from "../config/load_settings.ts";
import type { Settings, SharedFlags } from "../config/settings.ts";
import type { World } from "../world/world.ts";

/** The base URLs of OpenAI's API and of the ChatGPT backend. */
const OPENAI_BASES = [defaultBaseUrl("apikey"), defaultBaseUrl("chatgpt")];
/** The usual path of a Responses API, for a URL without a path. */
const USUAL_PATH = "/v1";

/** Settings, and the flags with which a turn has the same ones. */
export interface SettingsForUrl {
  readonly settings: Settings;
  readonly turnFlags: SharedFlags;
}

/**
 * Loads the settings with which a turn would use a URL. Without `--provider`, the provider is the configured
 * one or another one of `config.toml` if its base URL has the same origin, so that its credential and headers
 * are used; otherwise it is the provider of `--base-url`. A URL without a path means the base URL of that
 * provider.
 *
 * @param flags the flags as given; `baseUrl` is the URL to examine
 * @throws CulvertError `config`, `usage`
 */
export async function settingsForUrl(
  flags: SharedFlags,
  world: Pick<World, "env" | "cwd" | "home">,
): Promise<SettingsForUrl> {
  const { baseUrl, ...rest } = flags;
  const url = baseUrl === undefined ? undefined : plainUrl(baseUrl);
  if (baseUrl !== undefined) checkBaseUrl(baseUrl, "the argument");
  // Without a usable URL nothing can be compared.
  if (url === undefined) return await load(flags, world);
  const configured = await load(rest, world);
  const chosen = await atUrl(configured, url, world);
  if (chosen !== undefined) return chosen;
  const atOrigin = flags.provider === undefined ? await providersAt(url, flags, world) : [];
  for (const provider of atOrigin) {
    const found = await atUrl(await load({ ...rest, provider }, world), url, world);
    if (found !== undefined) return found;
  }
  return await load({ ...flags, baseUrl: hasPath(url) ? url.href : `${url.origin}${USUAL_PATH}` }, world);
}

async function load(
  flags: SharedFlags,
  world: Pick<World, "env" | "cwd" | "home">,
): Promise<SettingsForUrl> {
  return { settings: await loadSettings(flags, world), turnFlags: flags };
}

/** Returns the settings of a provider for a URL at its origin; `undefined` for a URL elsewhere. */
async function atUrl(
  { settings, turnFlags }: SettingsForUrl,
  url: URL,
  world: Pick<World, "env" | "cwd" | "home">,
): Promise<SettingsForUrl | undefined> {
  const { provider } = settings;
  const bases = provider.baseUrl !== undefined
    ? [provider.baseUrl]
    : provider.requiresOpenAiAuth
    ? OPENAI_BASES
    : [];
  const base = bases.find((each) => URL.parse(each)?.origin === url.origin);
  if (base === undefined) return undefined;
  if (provider.baseUrl !== undefined && (!hasPath(url) || isBelow(url, base))) return { settings, turnFlags };
  const baseUrl = hasPath(url) && !isBelow(url, base) ? url.href : base;
  return await load({ ...turnFlags, provider: provider.id, baseUrl }, world);
}

/** Returns the ids of the providers in `config.toml` whose base URL has the origin of a URL. */
async function providersAt(
  url: URL,
  flags: SharedFlags,
  world: Pick<World, "env" | "cwd" | "home">,
): Promise<readonly string[]> {
  const { values } = await loadConfig(await findCodexHome(world), flags);
  return Object.entries(values.model_providers ?? {})
    .filter(([, table]) => URL.parse(table.base_url ?? "")?.origin === url.origin)
    .map(([id]) => id);
}

/** Returns an http(s) URL without user information; `undefined` for any other text. */
function plainUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" &&
    url.password === "";
  return isPlain ? url : undefined;
}

function hasPath(url: URL): boolean {
  return url.pathname !== "/" || url.search !== "";
}

/** Returns whether a URL is a base URL or an endpoint below it. */
function isBelow(url: URL, base: string): boolean {
  const path = (URL.parse(base)?.pathname ?? "").replace(/\/+$/, "");
  return url.search === "" && `${url.pathname}/`.startsWith(`${path}/`);
}
