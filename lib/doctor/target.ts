/**
 * Which base URL an examination is about.
 *
 * @module
 */
import { defaultBaseUrl } from "../auth/auth_headers.ts";
import { loadSettings } from "../config/load_settings.ts";
import type { Settings, SharedFlags } from "../config/settings.ts";
import type { World } from "../world/world.ts";

/** Where OpenAI's own API and backend are. */
const KNOWN_BASES = [defaultBaseUrl("apikey"), defaultBaseUrl("chatgpt")];
/** The path under which servers of this API are found, where a bare origin was typed. */
const USUAL_PATH = "/v1";

/**
 * Settles the configuration with a URL in place of the configured base. An origin without a path is what error
 * messages name: it stands for the configured base at that origin, or for OpenAI's own there, and else for its
 * usual path.
 *
 * @param flags as typed; `baseUrl` is the URL to examine
 * @throws CulvertError `config`, `usage`
 */
export async function settingsFor(
  flags: SharedFlags,
  world: Pick<World, "env" | "cwd" | "home">,
): Promise<Settings> {
  const { baseUrl, ...rest } = flags;
  if (baseUrl === undefined || !isBareOrigin(baseUrl)) return await loadSettings(flags, world);
  const { origin } = new URL(baseUrl);
  const configured = await loadSettings(rest, world);
  const { provider } = configured;
  if (provider.baseUrl !== undefined && isAt(provider.baseUrl, origin)) return configured;
  const known = KNOWN_BASES.find((base) => isAt(base, origin));
  if (provider.baseUrl === undefined && provider.requiresOpenAiAuth && known !== undefined) {
    return { ...configured, provider: { ...provider, baseUrl: known } };
  }
  return await loadSettings({ ...flags, baseUrl: `${origin}${USUAL_PATH}` }, world);
}

/** One with credentials is left to the check of every base URL, which refuses it. */
function isBareOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "" &&
    url.username === "" && url.password === "";
}

function isAt(base: string, origin: string): boolean {
  return URL.parse(base)?.origin === origin;
}
