import { processWorld } from "../../../lib/cli/app/process.ts";
import { layeredWorld, variableLabel } from "../../../lib/config/environment/layered_world.ts";
import { loadSettings } from "../../../lib/config/load_settings.ts";
import type { World } from "../../../lib/world/world.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";

async function layered(
  file: string | Uint8Array | undefined,
  variables: Readonly<Record<string, string>>,
  check: (world: World, home: string) => Promise<void> | void,
): Promise<void> {
  const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-layers-" }));
  try {
    const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
    if (bytes !== undefined) await Deno.writeFile(join(home, ".env"), bytes);
    const all: Readonly<Record<string, string>> = { CODEX_HOME: home, ...variables };
    await check(await layeredWorld({ ...processWorld(), env: (name) => all[name] }), home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a value of .env takes precedence over the environment, except for CODEX_ entries", async () => {
  await layered(
    "HTTPS_PROXY=http://file:1\nCODEX_API_KEY=file\nOPENAI_API_KEY=file",
    { HTTPS_PROXY: "http://shell:1", CODEX_API_KEY: "shell" },
    (world, home) => {
      assertEquals(world.env("HTTPS_PROXY"), "http://file:1");
      assertEquals(world.env("CODEX_API_KEY"), "shell");
      assertEquals(world.env("OPENAI_API_KEY"), "file");
      const { file } = world.environment ?? {};
      assertEquals([file?.names, file?.overridden, file?.leftOut], [
        ["HTTPS_PROXY", "OPENAI_API_KEY"],
        ["HTTPS_PROXY"],
        ["CODEX_API_KEY"],
      ]);
      assertEquals(variableLabel(world, "HTTPS_PROXY"), `HTTPS_PROXY of ${home}/.env`);
      assertEquals(variableLabel(world, "CODEX_API_KEY"), "CODEX_API_KEY");
    },
  );
});

Deno.test("an empty value of .env hides that of the environment", async () => {
  await layered("HTTPS_PROXY=", { HTTPS_PROXY: "http://shell:1" }, (world) => {
    assertEquals(world.env("HTTPS_PROXY"), "");
  });
});

Deno.test("a .env in UTF-16 and one with a byte-order mark are read", async () => {
  const text = "\ufeffHTTPS_PROXY=http://file:1\r\n";
  const utf16 = new Uint8Array(
    [...text].flatMap((letter) => [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8]),
  );
  for (const file of [utf16, new TextEncoder().encode(text)]) {
    await layered(file, {}, (world) => assertEquals(world.env("HTTPS_PROXY"), "http://file:1"));
  }
});

Deno.test("quotes around a value of the environment are ignored with a warning that names the variable", async () => {
  await layered(undefined, { HTTPS_PROXY: '"http://proxy:1"', GW_KEY: "'k'" }, async (world, home) => {
    assertEquals(world.env("HTTPS_PROXY"), "http://proxy:1");
    await Deno.writeTextFile(
      join(home, "config.toml"),
      `model_provider = "x"\n[model_providers.x]\nbase_url = "http://x.test"\nenv_key = "GW_KEY"`,
    );
    const { warnings } = await loadSettings({}, world);
    assertEquals(warnings.map(({ code }) => code), ["variable_quoted", "variable_quoted"]);
    assertIncludes(warnings.map(({ message }) => message).join(), "HTTPS_PROXY");
    assertIncludes(warnings.map(({ message }) => message).join(), "GW_KEY");
  });
});

Deno.test("a .env that is a directory or too large causes a warning and does not stop the program", async () => {
  await layered(new Uint8Array(1024 * 1024 + 1).fill(10), {}, async (world) => {
    const { warnings } = await loadSettings({}, world);
    assertEquals(warnings.map(({ code }) => code), ["env_file_unreadable"]);
  });
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(home, ".env"));
    const world = await layeredWorld({
      ...processWorld(),
      env: (name) => name === "CODEX_HOME" ? home : undefined,
    });
    assertIncludes(world.environment?.file?.warnings[0]?.message ?? "", "it is a directory");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("values from .env, and differences from the environment, are reported with -v", async () => {
  await layered("SSL_CERT_FILE=/f\nHTTPS_PROXY=http://f:1", { HTTPS_PROXY: "http://s:1" }, async (world) => {
    const { notes } = await loadSettings({}, world);
    assertEquals(notes.length, 2);
    assertIncludes(notes[0] ?? "", "sets SSL_CERT_FILE, HTTPS_PROXY");
    assertIncludes(notes[1] ?? "", "HTTPS_PROXY has one value in the environment and another in");
  });
});

Deno.test("a layered world is not layered again", async () => {
  await layered("A=x", {}, async (world) => assert(await layeredWorld(world) === world));
});
