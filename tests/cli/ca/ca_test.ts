/** `culvert ca`, as a process. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { CA_PROGRAMS } from "../../../lib/capture/child/ca_variables.ts";
import { exportLine, guessShell } from "../../../lib/cli/ca/shell_exports.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import * as shape from "../../trust/bundle/shapes.ts";

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function denoFolder(): Promise<string> {
  const output = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(output.stdout)).denoDir;
}

Deno.test("ca inspect --json has the documented structure, for a bundle from a variable", async () => {
  await inFolder(async (dir) => {
    const [root, other] = [await createAuthority("Corp Root"), await createAuthority("Other Root")];
    const path = join(dir, "corp.pem");
    const settings = shape.aux({ trust: [shape.SERVER_AUTH], reject: [shape.EMAIL], alias: "the corp root" });
    const trusted = shape.block("TRUSTED CERTIFICATE", shape.concat(root.der, settings));
    await Deno.writeTextFile(path, `# comment\n${trusted}${await root.revocationList()}${other.certificate}`);
    const run = await culvert(["ca", "inspect", "--json"], { env: { CODEX_CA_CERTIFICATE: path } });
    assertEquals([run.code, run.stderr], [0, ""]);
    const report = JSON.parse(run.stdout);
    assertEquals(Object.keys(report), ["schema_version", "source", "certificates", "skipped", "warnings"]);
    assertEquals(report.schema_version, 1);
    assertEquals(report.source, { kind: "variable", name: "CODEX_CA_CERTIFICATE", path });
    const [first, second] = report.certificates;
    const { not_before, not_after, sha256, ...rest } = first;
    assertEquals(rest, {
      index: 1,
      line: 2,
      label: "TRUSTED CERTIFICATE",
      subject: "CN=Corp Root",
      issuer: "CN=Corp Root",
      is_ca: true,
      self_signed: true,
      key: "ec 256",
      signature_hash: "sha256",
      aux: { trust: ["serverAuth"], reject: ["emailProtection"], alias: "the corp root" },
    });
    assertMatch(not_before, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert(not_after > not_before);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", root.der));
    assertEquals(sha256, Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
    assertEquals([second.index, second.aux], [2, null]);
    assertEquals(report.skipped, [{ kind: "X509 CRL", line: 13, reason: "revocation lists are not used" }]);
    assertEquals(report.warnings, []);
  });
});

Deno.test("ca inspect prints source, subject, kind, skipped sections and unusual facts as text", async () => {
  await inFolder(async (dir) => {
    const root = await createAuthority("Old Root", { notBefore: 0, notAfter: 86_400_000 });
    await Deno.writeTextFile(join(dir, "c.pem"), root.certificate + root.privateKey);
    const run = await culvert(["ca", "inspect", "c.pem"], { cwd: dir });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertIncludes(run.stdout, `CA bundle "${dir}/c.pem"\n1 certificate, 1 section skipped, 2 warnings\n`);
    assertIncludes(run.stdout, "  valid        1970-01-01T00:00:00Z to 1970-01-02T00:00:00Z\n");
    assertIncludes(run.stdout, "CN=Old Root");
    assertIncludes(run.stdout, "line 11: PRIVATE KEY: a private key is not a certificate");
    assertIncludes(run.stdout, "ca_private_key: ");
    assertIncludes(run.stdout, "ca_expired: ");
    assertExcludes(run.stdout, root.privateKey.split("\n")[1] ?? "no key");
    assertExcludes(run.stdout, "\u001b");
  });
});

Deno.test("ca inspect - reads standard input in any encoding, and the argument takes precedence over the variables", async () => {
  const { certificate } = await createAuthority("Piped Root");
  const piped = await culvert(["ca", "inspect", "-", "--json"], { stdin: `\ufeff${certificate}` });
  assertEquals(piped.code, 0);
  const report = JSON.parse(piped.stdout);
  assertEquals(report.source, { kind: "file", name: "FILE", path: "-" });
  assertEquals(report.certificates[0].subject, "CN=Piped Root");
  await inFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "flag.pem"), certificate);
    const run = await culvert(["ca", "inspect", "--ca-cert", "flag.pem", "--json"], {
      cwd: dir,
      env: { CODEX_CA_CERTIFICATE: "/none", SSL_CERT_FILE: "/none" },
    });
    assertEquals(JSON.parse(run.stdout).source, { kind: "flag", name: "--ca-cert", path: `${dir}/flag.pem` });
  });
});

Deno.test("ca inspect exits 3 without a usable certificate, and reports file, reason and remedy", async () => {
  await inFolder(async (dir) => {
    const path = join(dir, "bad.pem");
    await Deno.writeTextFile(path, "# x\n-----BEGIN CERTIFICATE-----\nMIIC\n");
    const env = { SSL_CERT_FILE: path };
    const text = await culvert(["ca", "inspect"], { env });
    assertEquals([text.code, text.stdout], [3, ""]);
    for (const part of ["SSL_CERT_FILE", path, "certificate 1", "line 2", "no END line", "Unset it"]) {
      assertIncludes(text.stderr, part);
    }
    const json = await culvert(["ca", "inspect", "--json"], { env });
    assertEquals(json.code, 3);
    const report = JSON.parse(json.stdout);
    assertEquals(report.source, { kind: "variable", name: "SSL_CERT_FILE", path });
    assertEquals([report.certificates, report.error.code], [[], "ca_invalid"]);
    assertEquals(report.skipped, [{ kind: "CERTIFICATE", line: 2, index: 1, reason: "it has no END line" }]);
    const missing = await culvert(["ca", "inspect", "none.pem"], { cwd: dir });
    assertEquals(missing.code, 3);
    assertIncludes(missing.stderr, "no such file or directory");
    const nothing = await culvert(["ca", "inspect"], { env: { SSL_CERT_FILE: "" } });
    assertEquals([nothing.code, nothing.stdout], [3, ""]);
    assertIncludes(nothing.stderr, "No CA bundle is in force");
  });
});

Deno.test("ca bundle combines a PKCS#7, a trusted certificate and standard input into one file without duplicates", async () => {
  await inFolder(async (dir) => {
    const [a, b, c] = [await createAuthority("A"), await createAuthority("B"), await createAuthority("C")];
    await Deno.writeFile(join(dir, "a.p7b"), shape.pkcs7([a.der, b.der]));
    const trusted = shape.block(
      "TRUSTED CERTIFICATE",
      shape.concat(b.der, shape.aux({ trust: [shape.SERVER_AUTH] })),
    );
    await Deno.writeTextFile(join(dir, "b.pem"), trusted + b.privateKey);
    const run = await culvert(["ca", "bundle", "a.p7b", "b.pem", "-"], { cwd: dir, stdin: c.certificate });
    assertEquals(run.code, 0);
    assertEquals(run.stdout, `# CN=A\n${a.certificate}\n# CN=B\n${b.certificate}\n# CN=C\n${c.certificate}`);
    assertIncludes(run.stderr, "private key on line");
    const quiet = await culvert(["ca", "bundle", "b.pem", "-qq"], { cwd: dir });
    assertEquals(quiet.stderr, "");
  });
});

Deno.test("ca bundle -o writes the complete file, and keeps the old file if a source is invalid", async () => {
  await inFolder(async (dir) => {
    const { certificate } = await createAuthority("A");
    await Deno.writeTextFile(join(dir, "a.pem"), certificate);
    await Deno.writeTextFile(join(dir, "bad.pem"), "nothing");
    const written = await culvert(["ca", "bundle", "a.pem", "-o", "out.pem"], { cwd: dir });
    assertEquals([written.code, written.stdout], [0, ""]);
    assertEquals(await Deno.readTextFile(join(dir, "out.pem")), `# CN=A\n${certificate}`);
    const failed = await culvert(["ca", "bundle", "a.pem", "bad.pem", "-o", "out.pem"], { cwd: dir });
    assertEquals(failed.code, 3);
    assertIncludes(failed.stderr, `${dir}/bad.pem`);
    assertEquals(await Deno.readTextFile(join(dir, "out.pem")), `# CN=A\n${certificate}`);
    assertEquals(Array.from(Deno.readDirSync(dir)).length, 3);
    const nowhere = await culvert(["ca", "bundle", "a.pem", "-o", "no/such/out.pem"], { cwd: dir });
    assertEquals(nowhere.code, 2);
  });
});

Deno.test("ca bundle --with-system adds the roots of the machine, and works without a bundle", async () => {
  const { certificate } = await createAuthority("Corp");
  const alone = await culvert(["ca", "bundle", "--with-system"]);
  const both = await culvert(["ca", "bundle", "-", "--with-system"], { stdin: certificate });
  assertEquals([alone.code, both.code], [0, 0]);
  assert(both.stdout.startsWith(`# CN=Corp\n${certificate}`));
  assert(both.stdout.endsWith(alone.stdout));
  assertEquals((await culvert(["ca", "bundle"])).code, 3);
});

Deno.test("ca env writes company and public roots to one file and sets the variables of every program to it", async () => {
  await inFolder(async (dir) => {
    const { certificate } = await createAuthority("Corp");
    await Deno.writeTextFile(join(dir, "corp.pem"), `\ufeff${certificate}`);
    const env = {
      // The other variable moves Deno's own cache too, and with it every library.
      DENO_DIR: await denoFolder(),
      XDG_CACHE_HOME: join(dir, "it's cache"),
      SHELL: "/bin/bash",
      CODEX_CA_CERTIFICATE: join(dir, "corp.pem"),
    };
    const run = await culvert(["ca", "env"], { env });
    assertEquals(run.code, 0);
    const lines = run.stdout.trimEnd().split("\n");
    assertIncludes(lines.pop() ?? "", "# CODEX_CA_CERTIFICATE names a copy, because codex cannot read");
    const names = lines.map((line) => /^export (\w+)='/.exec(line)?.[1]);
    assertEquals(names, CA_PROGRAMS.map(([, variable]) => variable));
    const path = `${dir}/it's cache/culvert/ca-bundle.pem`;
    const text = await Deno.readTextFile(path);
    assert(text.startsWith(`# Made by culvert ca env from ${dir}/corp.pem\n# CN=Corp\n${certificate}`));
    assert(text.split("BEGIN CERTIFICATE").length > 50);
    if (Deno.build.os !== "windows") {
      const shell = new Deno.Command("sh", {
        args: ["-c", `eval "$LINES_TO_SET"; printf %s "$GIT_SSL_CAINFO"`],
        env: { LINES_TO_SET: run.stdout },
      });
      assertEquals(new TextDecoder().decode((await shell.output()).stdout), path);
    }
  });
});

Deno.test("ca env --json names the file, and -o writes it to the given path", async () => {
  await inFolder(async (dir) => {
    const run = await culvert(["ca", "env", "--json", "-o", "all.pem"], { cwd: dir });
    assertEquals(run.code, 0);
    const report = JSON.parse(run.stdout);
    assertEquals(report.bundle, `${dir}/all.pem`);
    assertEquals(report.variables["NODE_EXTRA_CA_CERTS"], `${dir}/all.pem`);
    // Without a bundle the variable of codex is not set, so that it does not hide a later SSL_CERT_FILE.
    assertEquals([report.original, report.variables["CODEX_CA_CERTIFICATE"]], [null, undefined]);
    assertIncludes(run.stderr, "No CA bundle is in force");
    assert((await Deno.stat(join(dir, "all.pem"))).size > 50_000);
  });
});

/** The variables that `ca env` sets, as an environment. */
function variablesOf(stdout: string): Record<string, string> {
  const { variables } = JSON.parse(stdout);
  return Object.fromEntries(
    ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"].flatMap((name) =>
      name in variables ? [[name, variables[name]]] : []
    ),
  );
}

Deno.test("after ca env, culvert still reads the company's own file, for each variable that named it", async () => {
  await inFolder(async (dir) => {
    const [old, renewed] = [await createAuthority("Old Corp"), await createAuthority("Renewed Corp")];
    const path = join(dir, "corp.pem");
    for (const name of ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"]) {
      await Deno.writeTextFile(path, old.certificate);
      const words = ["ca", "env", "-o", "all.pem"];
      const run = await culvert([...words, "--shell", "sh"], { cwd: dir, env: { [name]: path } });
      assertIncludes(run.stdout, `export CODEX_CA_CERTIFICATE='${path}';`);
      assertIncludes(run.stdout, `export SSL_CERT_FILE='${dir}/all.pem';`);
      assertIncludes(run.stdout, "\n# CODEX_CA_CERTIFICATE names the original");
      const env = variablesOf(
        (await culvert([...words, "--json"], { cwd: dir, env: { [name]: path } })).stdout,
      );
      await Deno.writeTextFile(path, renewed.certificate);
      const { certificates } = JSON.parse((await culvert(["ca", "inspect", "--json"], { env })).stdout);
      assertEquals(certificates.map(({ subject }: { subject: string }) => subject), ["CN=Renewed Corp"]);
    }
  });
});

Deno.test("ca env, repeated in its own environment, starts from the company's file again", async () => {
  await inFolder(async (dir) => {
    const [old, renewed] = [await createAuthority("Old Corp"), await createAuthority("Renewed Corp")];
    const path = join(dir, "corp.pem");
    // Codex refuses a byte-order mark, so its variable names the copy.
    await Deno.writeTextFile(path, `\ufeff${old.certificate}`);
    const words = ["ca", "env", "--json", "-o", "all.pem"];
    const first = await culvert(words, { cwd: dir, env: { CODEX_CA_CERTIFICATE: path } });
    const env = variablesOf(first.stdout);
    assertEquals(env, { CODEX_CA_CERTIFICATE: `${dir}/all.pem`, SSL_CERT_FILE: `${dir}/all.pem` });
    await Deno.writeTextFile(path, `\ufeff${renewed.certificate}`);
    const again = await culvert(words, { cwd: dir, env });
    assertEquals(JSON.parse(again.stdout).original, path);
    const copy = await Deno.readTextFile(join(dir, "all.pem"));
    assertIncludes(copy, "# CN=Renewed Corp\n");
    assertExcludes(copy, "CN=Old Corp");
    await Deno.remove(path);
    const orphan = await culvert(words, { cwd: dir, env });
    assertEquals(orphan.code, 0);
    assertIncludes(orphan.stderr, "which no longer exists");
  });
});

Deno.test("a bundle form that codex refuses is replaced by its copy, every other form is used directly", async () => {
  await inFolder(async (dir) => {
    const { certificate, der } = await createAuthority("Corp");
    const forms: Readonly<Record<string, readonly [string | Uint8Array, boolean]>> = {
      plain: [certificate, true],
      crlf: [`# comment\r\n${certificate.replaceAll("\n", "\r\n")}`, true],
      trusted: [certificate.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"), true],
      x509: [certificate.replaceAll("CERTIFICATE", "X509 CERTIFICATE"), false],
      der: [der, false],
      indented: [certificate.replace("-----BEGIN", "  -----BEGIN"), false],
      broken: [`${certificate}-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n`, false],
    };
    for (const [name, [content, isReadable]] of Object.entries(forms)) {
      const path = join(dir, name);
      await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
      const run = await culvert(["ca", "env", "--json", "-o", "all.pem", "--ca-cert", path], { cwd: dir });
      const expected = isReadable ? path : `${dir}/all.pem`;
      assertEquals(JSON.parse(run.stdout).variables["CODEX_CA_CERTIFICATE"], expected, name);
    }
  });
});

Deno.test("ca inspect is at most 80 columns wide, with names and warnings of any length", async () => {
  const long = await createAuthority(`${"A very long name of a certificate authority ".repeat(3)}end`, {
    organization: "W".repeat(60),
    notBefore: 0,
    notAfter: 86_400_000,
  });
  const run = await culvert(["ca", "inspect", "-"], { stdin: long.certificate + long.privateKey });
  assertEquals(run.code, 0);
  assertEquals(run.stdout.split("\n").filter((line) => line.length > 80), []);
  assertIncludes(run.stdout, "\n               of a certificate authority");
  assertIncludes(run.stdout, "expired on\n    1970-01-02");
});

Deno.test("each shell gets its own syntax and quoting", () => {
  const path = "/it's a \\ path";
  assertEquals(exportLine("sh", "A", path), "export A='/it'\\''s a \\ path';");
  assertEquals(exportLine("fish", "A", path), "set -gx A '/it\\'s a \\\\ path';");
  assertEquals(exportLine("pwsh", "A", path), "$env:A = '/it''s a \\ path';");
  assertEquals([guessShell("/usr/bin/fish"), guessShell("/bin/zsh"), guessShell("/usr/bin/pwsh")], [
    "fish",
    "sh",
    "pwsh",
  ]);
});

Deno.test("ca env -o - is refused, since the variables must name a file", async () => {
  const cwd = await Deno.makeTempDir();
  const run = await culvert(["ca", "env", "-o", "-"], { cwd });
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "culvert ca bundle --with-system");
  assertEquals([...Deno.readDirSync(cwd)], []);
  await Deno.remove(cwd);
});
