/** The machine's roots, from a file and from the system, with any environment. */
import { processWorld } from "../../../lib/cli/app/process.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { checkRoot, rootsReader } from "../../../lib/trust/roots/system_roots.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { fromFileUrl, join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";

const world = { ...processWorld(), env: () => undefined };

async function withFile(text: string, run: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "store.crt");
    await Deno.writeTextFile(path, text);
    await run(path);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("the first existing store file is the system's store", async () => {
  const [one, two] = [await createAuthority("One"), await createAuthority("Two")];
  await withFile(one.certificate + two.certificate + one.certificate, async (path) => {
    const { system } = rootsReader({ world, storeFiles: ["/no/such/file", path, "/neither"] });
    assertEquals(await system(), { pems: [one.certificate, two.certificate], origin: path, warnings: [] });
  });
});

Deno.test("a store with comments and a broken certificate gives the other certificates and a warning", async () => {
  const { certificate } = await createAuthority("One");
  const broken = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
  await withFile(`# a comment\n${broken}${certificate.replaceAll("\n", "\r\n")}`, async (path) => {
    const found = await rootsReader({ world, storeFiles: [path] }).system();
    assertEquals(found.pems, [certificate]);
    assertEquals(found.warnings.map((warning) => warning.code), ["system_root_skipped"]);
    assertIncludes(found.warnings[0]?.message ?? "", "line 2");
  });
});

Deno.test("a canonical store with a certificate that the TLS library refuses gives the other certificates", async () => {
  const { certificate } = await createAuthority("One");
  const broken = `-----BEGIN CERTIFICATE-----\n${btoa("x".repeat(48))}\n-----END CERTIFICATE-----\n`;
  await withFile(broken + certificate, async (path) => {
    assertEquals((await rootsReader({ world, storeFiles: [path] }).system()).pems, [certificate]);
  });
});

Deno.test("an empty store causes a warning and gives no roots", async () => {
  await withFile("", async (path) => {
    const found = await rootsReader({ world, storeFiles: [path] }).system();
    assertEquals([found.pems.length, found.warnings[0]?.code], [0, "system_roots_unread"]);
  });
});

Deno.test("the runtime's Mozilla set can be listed, as blocks that the library accepts", async () => {
  const { pems, warnings } = await rootsReader({ world }).mozilla();
  assertEquals(warnings, []);
  assert(pems.length > 50);
  assertEquals(pems.filter((pem) => checkRoot(pem) !== undefined), []);
});

Deno.test("the check of a root returns the reason of a refusal, and accepts a valid root", async () => {
  assertEquals(checkRoot((await createAuthority("Good")).certificate), undefined);
  assertIncludes(
    checkRoot("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") ?? "",
    "BadEncoding",
  );
});

Deno.test("SSL_CERT_FILE and SSL_CERT_DIR, missing or empty, do not replace the system's roots", async () => {
  const module = (path: string) => JSON.stringify(new URL(`../../../lib/${path}`, import.meta.url).href);
  const script = `
    import { rootsReader } from ${module("trust/roots/system_roots.ts")};
    import { processWorld } from ${module("cli/app/process.ts")};
    const world = processWorld();
    const { pems, warnings } = await rootsReader({ world, storeFiles: [] }).system();
    console.log(JSON.stringify([pems.length, warnings.map((w) => w.code), world.env("SSL_CERT_FILE") ?? null]));
  `;
  const run = async (extra: Readonly<Record<string, string>>) => {
    const root = fromFileUrl(new URL("../../../", import.meta.url));
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", `--config=${join(root, "deno.json")}`, script],
      clearEnv: true,
      env: scrubbedEnv(extra),
    }).output();
    return JSON.parse(new TextDecoder().decode(output.stdout));
  };
  const [count, codes] = await run({});
  for (const value of ["/no/such/file", ""]) {
    const unread = value === "" ? [] : ["ssl_cert_dir_unread"];
    assertEquals(await run({ SSL_CERT_FILE: value, SSL_CERT_DIR: value }), [
      count,
      [...codes, ...unread],
      value,
    ]);
  }
});
