import { API_EVENTS, OTHER_LINES, OWN_EVENTS } from "../../../lib/cli/reference/topics/events.ts";
import { CONFIG_KEYS, PROVIDER_KEYS } from "../../../lib/cli/reference/topics/config.ts";
import { environment } from "../../../lib/cli/reference/topics/environment.ts";
import { exitCodes, exitRows } from "../../../lib/cli/reference/topics/exit_codes.ts";
import { configSchema } from "../../../lib/config/config_schema.ts";
import { ERROR_CODES, EXIT } from "../../../lib/errors.ts";
import { assertEquals } from "../../support/assert.ts";
import { fromFileUrl, join } from "../../support/paths.ts";

const LIB = fromFileUrl(new URL("../../../lib/", import.meta.url));

Deno.test("the topic exit-codes contains every exit code and every error code", () => {
  assertEquals(exitRows.map(([status]) => Number(status)), Object.values(EXIT).toSorted((a, b) => a - b));
  const codes = exitCodes.flatMap(({ heading, rows = [] }) => heading === "Error codes" ? rows : []);
  assertEquals(
    codes.map(([term]) => term),
    Object.entries(ERROR_CODES).map(([code, { exit }]) => `${exit}  ${code}`),
  );
});

Deno.test("the topic config contains every key of the schema", () => {
  assertEquals(Object.keys(CONFIG_KEYS).toSorted(), Object.keys(configSchema.shape).toSorted());
  const provider = configSchema.shape.model_providers.unwrap().valueType.shape;
  assertEquals(Object.keys(PROVIDER_KEYS).toSorted(), Object.keys(provider).toSorted());
});

Deno.test("the topic events contains the types of the unions, and each of them is used in the program", async () => {
  const files = ["api_events.ts", "culvert_events.ts"].map((name) => join(LIB, "responses", "events", name));
  const source = (await Promise.all(files.map((path) => Deno.readTextFile(path)))).join("\n");
  const written = [...source.matchAll(/"((?:culvert|response|codex)\.[a-z_.]+)"/g)].map(([, type]) => type);
  const told = [...Object.keys(OWN_EVENTS), ...Object.keys(API_EVENTS)].filter((type) => type !== "error");
  assertEquals(told.toSorted(), [...new Set(written)].toSorted());
});

Deno.test("the topic events contains exactly the lines that commands print with --json", async () => {
  const written = new Set<string>();
  for await (const path of sources(join(LIB, "cli"))) {
    const source = await Deno.readTextFile(path);
    if (path.includes(join("cli", "reference"))) continue;
    for (const [, type = ""] of source.matchAll(/\btype: "(culvert\.[a-z_]+)"/g)) written.add(type);
  }
  const own = new Set(Object.keys(OWN_EVENTS));
  assertEquals(Object.keys(OTHER_LINES).toSorted(), [...written].filter((type) => !own.has(type)).toSorted());
});

/** Names that look like variables, but are not variables that a user sets for this program. */
const NO_VARIABLES = new Set([
  // A code of the parser of node:http.
  "HPE_HEADER_OVERFLOW",
  // Variables of other programs, looked for to explain why they do not count here.
  ...["CODEX_CA_CERT", "CODEX_CA_CERTIFICATES", "CODEX_CA_BUNDLE", "REQUESTS_CA_BUNDLE"],
  ...["CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", "AWS_CA_BUNDLE"],
  // Their values are masked in all output.
  ...["AZURE_OPENAI_API_KEY", "OPENAI_ADMIN_KEY"],
  // Written out for other programs, never read.
  ...["BUNDLE_SSL_CA_CERT", "CARGO_HTTP_CAINFO", "NPM_CONFIG_CAFILE"],
  ...["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "NIX_SSL_CERT_FILE"],
  // Told in the rows of HOME, XDG_CACHE_HOME and BROWSER.
  ...["USERPROFILE", "LOCALAPPDATA", "SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY"],
  // Passed on to child programs, which read them.
  ...["DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "GNOME_KEYRING_CONTROL", "LC_ALL", "NODE_OPTIONS"],
  ...["XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"],
  ...["XDG_DATA_HOME", "XDG_DATA_DIRS", "WSL_DISTRO_NAME"],
  // A constant of the certificate reader.
  "NO_CONSTRAINT",
  // Variables and error codes of the websocket library.
  ...["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE"],
  ...["WS_ERR_INVALID_UTF8", "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH", "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
]);

Deno.test("the topic environment contains exactly the variables that the program reads", async () => {
  const written = new Set<string>();
  for await (const path of sources(LIB)) {
    // The doctor looks for the variables of other programs, to say why they do not count here.
    if (/^[\\/]?(cli[\\/]reference|doctor)[\\/]/.test(path.slice(LIB.length))) continue;
    const source = await Deno.readTextFile(path);
    const calls = source.matchAll(
      /(?:\benv|readVariable|address|base|value|read)\((?:\w+, )?"([A-Z][A-Z0-9_]+)"/g,
    );
    const lists = source.matchAll(/"([A-Z][A-Z0-9]*_[A-Z0-9_]+)"/g);
    for (const [, name = ""] of [...calls, ...lists]) if (!NO_VARIABLES.has(name)) written.add(name);
  }
  const told = environment.flatMap(({ rows = [] }) => rows.map(([name]) => name));
  assertEquals({
    missing: [...written].filter((name) => !told.includes(name)),
    unused: told.filter((name) => !written.has(name)),
  }, { missing: [], unused: [] });
});

async function* sources(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) yield* sources(join(directory, name));
    else if (name.endsWith(".ts")) yield join(directory, name);
  }
}
