/** The selection of the bundle, its content, and the description of the store. */
import { processWorld } from "../../lib/cli/app/process.ts";
import { CulvertError } from "../../lib/errors.ts";
import { createAuthority } from "../../lib/pki/pki.ts";
import { checkRoot } from "../../lib/trust/roots/system_roots.ts";
import { loadTrust } from "../../lib/trust/load_trust.ts";
import type { RootSet, RootsReader } from "../../lib/trust/roots/roots_reader.ts";
import { selectBundle } from "../../lib/trust/bundle/selection.ts";
import type { World } from "../../lib/world/world.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { BUNDLE_STATES, deciding, writeBundles } from "./bundle/bundle_states.ts";
import { request, startPrivateNetwork } from "./handshake.ts";

function world(variables: Readonly<Record<string, string>>, cwd = "/nowhere"): World {
  return { ...processWorld(), env: (name) => variables[name], cwd: () => cwd };
}

const NO_ROOTS: RootSet = { pems: [], origin: "a test", warnings: [] };

function roots(system: readonly string[] = [], mozilla: readonly string[] = []): RootsReader {
  return {
    system: () => Promise.resolve({ ...NO_ROOTS, pems: system }),
    mozilla: () => Promise.resolve({ ...NO_ROOTS, pems: mozilla }),
    checkRoot,
  };
}

async function failure(promise: Promise<unknown>): Promise<CulvertError> {
  try {
    await promise;
  } catch (error) {
    assert(error instanceof CulvertError, String(error));
    return error;
  }
  throw new Error("Expected a failure");
}

Deno.test("the flag takes precedence over CODEX_CA_CERTIFICATE and SSL_CERT_FILE in this order, and empty means unset", () => {
  const both = { CODEX_CA_CERTIFICATE: "/c", SSL_CERT_FILE: "/s" };
  const chosen = (flag: string | undefined, variables: Readonly<Record<string, string>>) => {
    const found = selectBundle({ flag, env: (name) => variables[name], cwd: "/w" });
    return found === undefined ? undefined : [found.source.kind, found.source.name, found.source.path];
  };
  assertEquals(chosen("/f", both), ["flag", "--ca-cert", "/f"]);
  assertEquals(chosen("", both), ["variable", "CODEX_CA_CERTIFICATE", "/c"]);
  assertEquals(chosen(undefined, both), ["variable", "CODEX_CA_CERTIFICATE", "/c"]);
  assertEquals(chosen(undefined, { ...both, CODEX_CA_CERTIFICATE: "" }), ["variable", "SSL_CERT_FILE", "/s"]);
  assertEquals(chosen(undefined, { CODEX_CA_CERTIFICATE: "", SSL_CERT_FILE: "" }), undefined);
  assertEquals(chosen(undefined, { NODE_EXTRA_CA_CERTS: "/n", ssl_cert_file: "/l" }), undefined);
});

Deno.test("a relative path is only made absolute against the working directory", () => {
  const path = (value: string, cwd = "/some/dir") =>
    selectBundle({ flag: value, env: () => undefined, cwd })?.source.path;
  assertEquals(path("corp.pem"), "/some/dir/corp.pem");
  assertEquals(path("./corp.pem"), "/some/dir/corp.pem");
  assertEquals(path("../corp.pem"), "/some/dir/../corp.pem");
  assertEquals(path("corp.pem", "/"), "/corp.pem");
  assertEquals(path(" "), "/some/dir/ ");
  assertEquals(path("~/corp.pem"), "/some/dir/~/corp.pem");
  assertEquals(path("c.pem", "C:\\Users\\x"), "C:\\Users\\x\\c.pem");
  assertEquals(path("D:\\c.pem", "C:\\Users\\x"), "D:\\c.pem");
});

Deno.test("for each pair of unset, empty, blank, missing, bad and good, only the first variable that is set counts", async (t) => {
  await using network = await startPrivateNetwork();
  const dir = await Deno.makeTempDir();
  try {
    const files = await writeBundles(dir, network.authority);
    for (const first of BUNDLE_STATES) {
      for (const second of BUNDLE_STATES) {
        await t.step(`CODEX_CA_CERTIFICATE ${first}, SSL_CERT_FILE ${second}`, async () => {
          const [codex, ssl] = [files[first], files[second]];
          const here = world({
            ...(codex === undefined ? {} : { CODEX_CA_CERTIFICATE: codex }),
            ...(ssl === undefined ? {} : { SSL_CERT_FILE: ssl }),
          }, dir);
          const choice = deciding([["CODEX_CA_CERTIFICATE", first], ["SSL_CERT_FILE", second]]);
          const loading = loadTrust({ world: here, roots: roots() });
          if (choice === undefined) {
            const store = await loading;
            assertEquals(store.bundle, undefined);
            assertIncludes(await request(network.server, store.additionalRoots), "UnknownIssuer");
          } else if (choice.state === "good") {
            const store = await loading;
            assertEquals(store.bundle?.source, { kind: "variable", name: choice.name, path: files.good });
            assertEquals(await request(network.server, store.additionalRoots), "ok");
          } else {
            const error = await failure(loading);
            assertEquals(error.exitStatus, 3);
            const path = choice.state === "blank" ? `${dir}/ ` : files[choice.state];
            assertEquals([error.details["variable"], error.details["path"]], [choice.name, path]);
            assertIncludes(error.message, choice.name);
            assertEquals(error.code, choice.code);
            for (const part of choice.says) assertIncludes(`${error.message}\n${error.hint}`, part);
            if (choice.state === "bad") {
              assertEquals([error.details["index"], error.details["line"]], [1, 2]);
            }
          }
        });
      }
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a flag that names a missing file is an error even if both variables are valid", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const good = join(dir, "good.pem");
    await Deno.writeTextFile(good, (await createAuthority("Good")).certificate);
    const here = world({ CODEX_CA_CERTIFICATE: good, SSL_CERT_FILE: good }, dir);
    const error = await failure(loadTrust({ flag: "none.pem", world: here, roots: roots() }));
    assertEquals([error.code, error.details["variable"]], ["ca_unreadable", "--ca-cert"]);
    assertIncludes(error.hint ?? "", "Remove it");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the bundle is added to the system's roots, and servers of both are reached", async () => {
  await using company = await startPrivateNetwork("Company Root");
  await using machine = await startPrivateNetwork("Machine Root");
  const read = () => Promise.resolve(new TextEncoder().encode(company.authority.certificate));
  const store = await loadTrust({
    flag: "/corp.pem",
    world: world({}),
    roots: roots([machine.authority.certificate, company.authority.certificate]),
    readFile: read,
  });
  assertEquals(store.counts, { system: 2, bundle: 1 });
  assertEquals(store.additionalRoots, [company.authority.certificate, machine.authority.certificate]);
  assertEquals(await request(company.server, store.additionalRoots), "ok");
  assertEquals(await request(machine.server, store.additionalRoots), "ok");
  assertEquals(
    store.description,
    "Mozilla's roots, 2 of the operating system (a test), in addition 1 from /corp.pem (--ca-cert)",
  );
});

Deno.test("Mozilla's roots are passed on only if DENO_TLS_CA_STORE removes them from the runtime", async () => {
  const [system, mozilla] = await Promise.all([createAuthority("S"), createAuthority("M")]);
  const load = (variables: Readonly<Record<string, string>>, countMozilla = false) =>
    loadTrust({
      world: world(variables),
      roots: roots([system.certificate, mozilla.certificate], [mozilla.certificate]),
      countMozilla,
    });
  assertEquals((await load({})).additionalRoots.length, 2);
  const counted = await load({}, true);
  assertEquals(counted.additionalRoots, [system.certificate]);
  assertEquals(counted.counts, { mozilla: 1, system: 2, bundle: 0 });
  for (const list of ["mozilla", "system,mozilla", "system, mozilla", ""]) {
    assertEquals((await load({ DENO_TLS_CA_STORE: list })).counts.mozilla, undefined, list);
  }
  const without = await load({ DENO_TLS_CA_STORE: "system" });
  assertEquals(without.additionalRoots, [system.certificate, mozilla.certificate]);
});

Deno.test("unreadable system roots cause a warning and are named in the description", async () => {
  const warning = { code: "system_roots_unread", message: "Cannot read them" };
  const store = await loadTrust({
    world: world({}),
    roots: { ...roots(), system: () => Promise.resolve({ ...NO_ROOTS, warnings: [warning] }) },
  });
  assertEquals(store.warnings, [warning]);
  assertIncludes(store.description, "none of the operating system");
});

Deno.test("a certificate with a critical extension is skipped with its reason if the runtime refuses it", async () => {
  const authority = await createAuthority("Root");
  const refuse: RootsReader = { ...roots(), checkRoot: () => "UnsupportedCriticalExtension" };
  const { x509Pem } = await withPolicyConstraints();
  const read = () => Promise.resolve(new TextEncoder().encode(x509Pem + authority.certificate));
  const store = await loadTrust({ flag: "/c.pem", world: world({}), roots: refuse, readFile: read });
  assertEquals(store.bundle?.certificates.map((certificate) => certificate.index), [2]);
  assertIncludes(store.bundle?.skipped[0]?.reason ?? "", "critical extension 2.5.29.36");
});

/** A CA with critical policyConstraints, as public-key infrastructures of governments have them. */
async function withPolicyConstraints(): Promise<{ readonly x509Pem: string }> {
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Policy Root",
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.Extension("2.5.29.36", true, new Uint8Array([0x30, 3, 0x80, 1, 0])),
    ],
  });
  return { x509Pem: `${certificate.toString("pem")}\n` };
}
