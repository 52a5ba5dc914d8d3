/** Roots of SSL_CERT_DIR, NODE_EXTRA_CA_CERTS and DENO_CERT. */
import { processWorld } from "../../../lib/cli/app/process.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { loadTrust } from "../../../lib/trust/load_trust.ts";
import { rootsReader } from "../../../lib/trust/roots/system_roots.ts";
import type { TrustStore } from "../../../lib/trust/trust_store.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { request, startPrivateNetwork } from "../handshake.ts";

const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-roots-" }));
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

/** Loads a store whose system store is one file with one root. */
async function load(variables: Readonly<Record<string, string>>): Promise<TrustStore> {
  const storeFile = join(directory, "system.pem");
  await Deno.writeTextFile(storeFile, (await system).certificate);
  const world = { ...processWorld(), env: (name: string) => variables[name], cwd: () => directory };
  return await loadTrust({ world, roots: rootsReader({ world, storeFiles: [storeFile] }) });
}

const system = createAuthority("System Root");

Deno.test("SSL_CERT_DIR adds every file of its folders, under any name, to the system's roots", async () => {
  await using company = await startPrivateNetwork("Company Root");
  await using other = await startPrivateNetwork("Other Root");
  const [first, second] = [join(directory, "first"), join(directory, "second")];
  for (const folder of [first, second]) await Deno.mkdir(folder);
  await Deno.writeTextFile(join(first, "README"), "no certificate");
  await Deno.writeTextFile(join(first, "company.anything"), company.authority.certificate);
  await Deno.symlink("company.anything", join(first, "0a1b2c3d.0"));
  await Deno.symlink("nothing", join(first, "dangling.pem"));
  await Deno.mkdir(join(first, "subfolder.pem"));
  await Deno.writeTextFile(
    join(second, "both.pem"),
    other.authority.certificate + (await system).certificate,
  );
  const store = await load({ SSL_CERT_DIR: `${first}:second` });
  assertEquals(store.warnings, []);
  assertEquals(store.counts, { system: 3, bundle: 0 });
  assertIncludes(store.description, "3 of the operating system");
  assertIncludes(store.description, "and SSL_CERT_DIR");
  for (const { server } of [company, other]) assertEquals(await request(server, store.additionalRoots), "ok");
});

Deno.test("a folder of SSL_CERT_DIR that cannot be read causes a warning that names it", async () => {
  const store = await load({ SSL_CERT_DIR: "/nonexistent-culvert" });
  assertEquals(store.warnings.map(({ code }) => code), ["ssl_cert_dir_unread"]);
  assertIncludes(store.warnings[0]?.message ?? "", '"/nonexistent-culvert" of SSL_CERT_DIR');
  assertEquals(store.counts.system, 1);
});

for (const name of ["NODE_EXTRA_CA_CERTS", "DENO_CERT"]) {
  Deno.test(`the certificates of ${name} are trusted, counted and named`, async () => {
    await using network = await startPrivateNetwork("Extra Root");
    const path = join(directory, `${name}.pem`);
    await Deno.writeTextFile(path, network.authority.certificate);
    const store = await load({ [name]: path });
    assertEquals(await request(network.server, store.additionalRoots), "ok");
    assertIncludes(store.description, `in addition 1 from ${path} (${name})`);
    assertExcludes(store.description, "no CA bundle is set");
    assertEquals(store.bundle, undefined);
  });

  Deno.test(`${name} with an unusable file causes a warning and no error`, async () => {
    const store = await load({ [name]: "/nonexistent-culvert.pem" });
    assertEquals(store.warnings.map(({ code }) => code), ["ca_variable_unusable"]);
    assert(store.warnings[0]?.message.startsWith(`${name} names certificates that cannot be used`));
    assertIncludes(store.description, "no CA bundle is set");
  });
}

Deno.test("DENO_CERT may contain the certificates themselves", async () => {
  const { certificate } = await createAuthority("Inline Root");
  const store = await load({ DENO_CERT: `base64:${btoa(certificate)}` });
  assert(store.additionalRoots.includes(certificate));
  assertIncludes(store.description, "1 from base64 data (DENO_CERT)");
  const broken = await load({ DENO_CERT: "base64:%%%" });
  assertEquals(broken.warnings.map(({ code }) => code), ["ca_variable_unusable"]);
});
