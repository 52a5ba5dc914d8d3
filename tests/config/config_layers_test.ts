import * as fc from "fast-check";
import { loadSettings } from "../../lib/config/load_settings.ts";
import { parseOverrides } from "../../lib/config/overrides.ts";
import type { Settings, SharedFlags } from "../../lib/config/settings.ts";
import { CulvertError } from "../../lib/errors.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { join } from "../support/paths.ts";

async function load(
  files: Readonly<Record<string, string | Uint8Array>>,
  flags: SharedFlags = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<{ readonly settings: Settings; readonly home: string }> {
  const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-config-" }));
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(join(home, name), bytes);
    }
    const all: Readonly<Record<string, string>> = { CODEX_HOME: home, ...variables };
    const world = { env: (name: string) => all[name], cwd: () => "/folder", home: () => "/home/u" };
    return { settings: await loadSettings(flags, world), home };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a profile is NAME.config.toml, merged over config.toml table by table", async () => {
  const { settings, home } = await load({
    "config.toml": `model = "top"\nmodel_verbosity = "low"\nmodel_provider = "gw"\n` +
      `[model_providers.gw]\nname = "G"\nbase_url = "https://top.test"`,
    "work.config.toml": `model = "work"\n[model_providers.gw]\nbase_url = "https://work.test"`,
  }, { profile: "work" });
  assertEquals([settings.model, settings.verbosity], ["work", "low"]);
  assertEquals([settings.provider.name, settings.provider.baseUrl], ["G", "https://work.test"]);
  assertEquals(settings.sources["model"], `${home}/work.config.toml`);
  assertEquals(settings.sources["model_verbosity"], `${home}/config.toml`);
  assertEquals(settings.sources["base_url"], `provider "gw" in ${home}/work.config.toml`);
  assertEquals([settings.profile, settings.sources["profile"]], ["work", "--profile"]);
});

Deno.test("NAME.config.toml takes precedence over a table [profiles.NAME]", async () => {
  const files = { "config.toml": `profile = "p"\n[profiles.p]\nmodel = "table"\nservice_tier = "flex"` };
  assertEquals((await load(files)).settings.model, "table");
  const { settings } = await load({ ...files, "p.config.toml": `model = "file"` });
  assertEquals([settings.model, settings.serviceTier], ["file", "flex"]);
});

Deno.test("-C takes precedence over every file and not over a flag, and a value without quotes is a string", async () => {
  const files = { "config.toml": `model = "top"` };
  const { settings } = await load(files, {
    overrides: ["model=typed", "model_providers.x.base_url=https://x.test/v1", "model_provider=x"],
  });
  assertEquals([settings.model, settings.provider.baseUrl], ["typed", "https://x.test/v1"]);
  assertEquals([settings.sources["model"], settings.sources["model_provider"]], ["-C", "-C"]);
  assertEquals((await load(files, { overrides: ["model=typed"], model: "flag" })).settings.model, "flag");
  const { settings: numbers } = await load(files, {
    overrides: [
      'model_providers.x={base_url="https://x.test",stream_max_retries=2}',
      "model_provider=x",
      "model_providers.x.stream_max_retries = 3",
    ],
  });
  assertEquals(numbers.provider.streamMaxRetries, 3);
});

Deno.test("-C with a wrong key, a wrong type of value or a line break is refused", async () => {
  for (const text of ["", "=x", "model", "a b=c", "model=a\nprofile=b", "[x]=1", "a..b=1", 'a"=1']) {
    await assertRejects(
      () => parseOverrides([text]),
      (error: unknown) => error instanceof CulvertError && error.code === "usage",
      text,
    );
  }
  await assertRejects(
    () => load({}, { overrides: ["features.use_agent_identity=maybe"] }),
    (error: unknown) =>
      error instanceof CulvertError && error.code === "config" && error.message.includes("-C"),
  );
});

Deno.test("-C turns any text into a document or a usage error, and cannot set another key", async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), async (value) => {
    try {
      const document = await parseOverrides([`model=${value}`]);
      assertEquals(Object.keys(document), ["model"]);
    } catch (error) {
      assert(error instanceof CulvertError && error.code === "usage", String(error));
    }
  }));
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
    try {
      await parseOverrides([text]);
    } catch (error) {
      assert(error instanceof CulvertError && error.code === "usage", String(error));
    }
  }));
});

Deno.test("a config.toml in UTF-16, with and without a byte-order mark, is read", async () => {
  for (const mark of ["", "\ufeff"]) {
    const text = `${mark}model = "sixteen"\n`;
    const bytes = new Uint8Array(
      [...text].flatMap((letter) => [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8]),
    );
    assertEquals((await load({ "config.toml": bytes })).settings.model, "sixteen");
  }
});

Deno.test("the client certificate is read from flags, then variables, then the provider's table", async () => {
  const toml = `model_provider = "x"\n[model_providers.x]\nbase_url = "https://x.test"\n` +
    `client_cert = "c.pem"\nclient_key = "~/k.pem"`;
  const table = await load({ "config.toml": toml });
  assertEquals([table.settings.clientCert, table.settings.clientKey], [
    `${table.home}/c.pem`,
    "/home/u/k.pem",
  ]);
  const variables = { CULVERT_CLIENT_CERT: "vc.pem", CULVERT_CLIENT_KEY: "/vk.pem" };
  const { settings } = await load({ "config.toml": toml }, {}, variables);
  assertEquals([settings.clientCert, settings.clientKey], ["/folder/vc.pem", "/vk.pem"]);
  const flagged = await load({ "config.toml": toml }, { clientCert: "fc.pem" }, variables);
  assertEquals([flagged.settings.clientCert, flagged.settings.clientKey], ["/folder/fc.pem", "/vk.pem"]);
  assertEquals(flagged.settings.sources["client_cert"], "--client-cert");
  assertEquals(flagged.settings.sources["client_key"], "CULVERT_CLIENT_KEY");
});

Deno.test("OPENAI_BASE_URL is reported as the source of the base URL with -v", async () => {
  const { settings } = await load({}, {}, { OPENAI_BASE_URL: "https://gw.test/v1" });
  assertEquals(settings.sources["base_url"], "OPENAI_BASE_URL");
  assertEquals(settings.notes, ["the base URL comes from OPENAI_BASE_URL"]);
});

Deno.test("culvert.toml is laid over config.toml key by key, and under a profile and -C", async () => {
  const files = {
    "config.toml": `model = "shared"\nmodel_provider = "gw"\nservice_tier = "flex"\n` +
      `[model_providers.gw]\nname = "G"\nbase_url = "https://gw.test"`,
    "culvert.toml":
      `model = "own"\nservice_tier = "priority"\n[model_providers.gw]\nmax_retry_after_ms = 7\n` +
      `client_cert = "c.pem"\nclient_key = "k.pem"\n[rollout_trace]\nroot = "/traces"\nkeep_days = 2`,
    "work.config.toml": `service_tier = "work"`,
  };
  const { settings, home } = await load(files, { profile: "work" });
  assertEquals([settings.model, settings.serviceTier], ["own", "work"]);
  assertEquals([settings.provider.baseUrl, settings.provider.maxRetryAfterMs], ["https://gw.test", 7]);
  assertEquals([settings.clientCert, settings.clientKey], [join(home, "c.pem"), join(home, "k.pem")]);
  assertEquals([settings.trace?.root, settings.trace?.keepDays], ["/traces", 2]);
  assertEquals(settings.warnings, []);
  assertEquals(settings.sources["model"], `${home}/culvert.toml`);
  assertEquals(settings.sources["model_providers.gw.max_retry_after_ms"], `${home}/culvert.toml`);
  assertEquals(settings.sources["model_providers.gw.base_url"], `${home}/config.toml`);
  assertEquals(settings.ownConfigPath, `${home}/culvert.toml`);
  assertEquals((await load(files, { overrides: ["model=typed"] })).settings.model, "typed");
});

Deno.test("a key that only culvert knows is used in config.toml or a profile with a warning, and is an error with --strict-config", async () => {
  const own =
    `[attestation]\ncommand = "true"\n[rollout_trace]\nroot = "/t"\nmax_bytes = 9\nkeep_days = 1\n` +
    `[model_providers.gw]\nbase_url = "https://gw.test"\nmax_retry_after_ms = 1`;
  const keys = [
    "attestation",
    "rollout_trace.root",
    "rollout_trace.keep_days",
    "model_providers.gw.max_retry_after_ms",
  ];
  for (const name of ["config.toml", "work.config.toml"]) {
    const profile = name === "config.toml" ? {} : { profile: "work" };
    const { settings, home } = await load({ [name]: own }, profile);
    assertEquals(
      settings.warnings.map(({ code, message }) => [code, message]),
      keys.map((key) => [
        "config_misplaced_key",
        `${home}/${name}: the codex client does not know "${key}"; move it to culvert.toml in the same folder`,
      ]),
    );
    assertEquals([settings.trace?.root, settings.attestation?.command], ["/t", "true"]);
    await assertRejects(
      () => load({ [name]: own }, { ...profile, strictConfig: true }),
      (error: unknown) =>
        error instanceof CulvertError && error.code === "config" &&
        keys.every((key) => error.message.includes(`"${key}"`)),
    );
  }
  const { settings } = await load({ "culvert.toml": own }, { strictConfig: true });
  assertEquals([settings.warnings, settings.trace?.keepDays], [[], 1]);
});
