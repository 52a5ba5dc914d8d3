import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { bench } from "./kit.ts";

/** The content of the file in `SSL_CERT_FILE`, and the text that the message about it must contain. */
const BAD_BUNDLES:
  readonly (readonly [name: string, content: string | undefined, code: string, says: readonly string[]])[] = [
    ["missing", undefined, "ca_unreadable", []],
    ["empty", "", "ca_invalid", []],
    [
      "malformed",
      "# a comment\n-----BEGIN CERTIFICATE-----\nMIIB!!!\n-----END CERTIFICATE-----\n",
      "ca_invalid",
      ["line 2"],
    ],
    ["without a certificate", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "ca_invalid", [
      "X509 CRL",
    ]],
  ];
for (const [name, content, code, says] of BAD_BUNDLES) {
  Deno.test(`with SSL_CERT_FILE at a bundle that is ${name} the exit code is 3 in under 2 s, with one complete message`, async () => {
    await using b = await bench();
    const path = join(b.directory, "corp bundle.pem");
    if (content !== undefined) await Deno.writeTextFile(path, content);
    const env = { CODEX_CA_CERTIFICATE: "", SSL_CERT_FILE: path };
    const text = await b.respond(["hi"], { env });
    assertEquals(text.code, 3);
    assert(text.durationMs < 2_000, `${text.durationMs} ms`);
    assertEquals(text.stdout, "");
    for (const part of ["SSL_CERT_FILE", path, ...says, "CODEX_CA_CERTIFICATE"]) {
      assertIncludes(text.stderr, part);
    }
    assertEquals(text.stderr.match(/^culvert: /gm)?.length, 1);
    const json = await b.respond(["--json", "hi"], { env });
    assertEquals(json.code, 3);
    const result = jsonLines(json.stdout).at(-1);
    assertEquals([result?.["type"], result?.["exit_code"]], ["culvert.result", 3]);
    const error = JSON.parse(JSON.stringify(result?.["error"]));
    assertEquals(error.code, code);
    for (const part of ["SSL_CERT_FILE", path, ...says]) {
      assertIncludes(`${error.message}\n${error.hint}`, part);
    }
    assertEquals(b.api.log.all.length, 0);
  });
}

Deno.test("with a bundle of another CA the handshake fails once, with exit code 3 and the names of issuer, bundle and doctor", async () => {
  await using b = await bench();
  const other = join(b.directory, "other.pem");
  await Deno.writeTextFile(other, (await createAuthority("Some Other Root")).certificate);
  const run = await b.respond(["hi"], { env: { CODEX_CA_CERTIFICATE: "", SSL_CERT_FILE: other } });
  assertEquals(run.code, 3);
  assert(run.durationMs < 3_000, `${run.durationMs} ms`);
  for (const part of ["SSL_CERT_FILE", other, "culvert doctor"]) assertIncludes(run.stderr, part);
  assertExcludes(run.stderr, "retry");
  assertEquals(b.api.log.all.length, 0);
});

Deno.test("--ca-cert takes precedence over CODEX_CA_CERTIFICATE, which does so over SSL_CERT_FILE, and an empty value is ignored", async () => {
  await using b = await bench();
  const missing = join(b.directory, "missing.pem");
  const runs: readonly (readonly [string[], Record<string, string>, number])[] = [
    [[], { CODEX_CA_CERTIFICATE: b.bundle, SSL_CERT_FILE: missing }, 0],
    [[], { CODEX_CA_CERTIFICATE: missing, SSL_CERT_FILE: b.bundle }, 3],
    [[], { CODEX_CA_CERTIFICATE: "", SSL_CERT_FILE: b.bundle }, 0],
    [["--ca-cert", b.bundle], { CODEX_CA_CERTIFICATE: missing, SSL_CERT_FILE: missing }, 0],
    [["--ca-cert", missing], { CODEX_CA_CERTIFICATE: b.bundle }, 3],
    [["--ca-cert", ""], { CODEX_CA_CERTIFICATE: b.bundle, SSL_CERT_FILE: "" }, 0],
  ];
  for (const [args, env, exit] of runs) {
    const run = await b.respond([...args, "hi"], { env });
    assertEquals(run.code, exit, `${JSON.stringify([args, env])}\n${run.stderr}`);
  }
});

Deno.test("a relative bundle path is resolved against the working directory", async () => {
  await using b = await bench();
  assertEquals(
    (await b.respond(["hi"], { cwd: b.directory, env: { CODEX_CA_CERTIFICATE: "ca.pem" } })).code,
    0,
  );
});

Deno.test("a bundle with one invalid block is used, and the warning names its line", async () => {
  await using b = await bench();
  const mixed = join(b.directory, "mixed.pem");
  const bad = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
  await Deno.writeTextFile(mixed, `${bad}${b.api.authority.certificate}`);
  const run = await b.respond(["hi"], { env: { CODEX_CA_CERTIFICATE: mixed } });
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stderr, "warning");
  assertIncludes(run.stderr, "line 1");
  const quiet = await b.respond(["-qq", "hi"], { env: { CODEX_CA_CERTIFICATE: mixed } });
  assertEquals([quiet.code, quiet.stderr], [0, ""]);
});

Deno.test("-v reports the roots and the route in use", async () => {
  await using b = await bench();
  const run = await b.respond(["-v", "hi"]);
  assertEquals(run.code, 0);
  for (const part of ["roots:", b.bundle, "CODEX_CA_CERTIFICATE", "direct"]) assertIncludes(run.stderr, part);
});

Deno.test("--version and --help print to stdout and exit 0", async () => {
  const version = await culvert(["--version"]);
  assertEquals([version.code, version.stdout, version.stderr], [0, "0.1.0\n", ""]);
  const help = await culvert(["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertIncludes(help.stdout, "respond");
});
