/**
 * Servers that the TLS library refuses, or that refuse the client, for a reason that is not in the message of the
 * library. A turn and the doctor report each reason with its remedy. OpenSSL makes the certificates and runs the
 * servers: the runtime cannot serve most of these certificates.
 */
import { PLANTED_KEY } from "../doctor/kit.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { culvert, jsonLines } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { freePort, peerDirectory, runToEnd, startPeer } from "./peers/process.ts";

const CA = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
const NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1";
const LEAF = ["basicConstraints=critical,CA:FALSE", NAMES];
const UNKNOWN = "1.3.6.1.4.1.99999.1=critical,ASN1:UTF8String:x";

/** A certificate to mint. */
interface Minted {
  readonly bits?: number;
  readonly extensions: readonly string[];
}

interface Row {
  readonly name: string;
  readonly root?: Minted;
  readonly intermediate?: Minted;
  readonly leaf?: Minted;
  /** Further arguments of `openssl s_server`. */
  readonly args?: readonly string[];
  readonly host?: string;
  readonly code: string;
  /** The message of the turn, and the summary of the doctor. */
  readonly reason: RegExp;
  /** The hint of the turn, and the remediation of the doctor. */
  readonly remedy: RegExp;
}

const ROWS: readonly Row[] = [
  {
    name: "a leaf with an RSA key of 1024 bits",
    leaf: { bits: 1024, extensions: LEAF },
    code: "tls_bad_certificate",
    reason:
      /the RSA key of its certificate has 1024 bits; the TLS library accepts RSA keys of 2048 bits and more/,
    remedy:
      /administrators of the server to issue its certificate again with an RSA key of at least 2048 bits/,
  },
  {
    name: "a root with an RSA key of 1024 bits",
    root: { bits: 1024, extensions: CA },
    code: "tls_bad_certificate",
    reason: /issued by "CN=Odd Root", whose RSA key has 1024 bits/,
    remedy: /administrators of "CN=Odd Root" to issue this CA again.*Another bundle does not help/,
  },
  {
    name: "an intermediate with an RSA key of 1024 bits",
    intermediate: { bits: 1024, extensions: CA },
    code: "tls_bad_certificate",
    reason: /issued by "CN=Odd Intermediate", whose RSA key has 1024 bits/,
    remedy: /administrators of "CN=Odd Intermediate" to issue this CA again/,
  },
  {
    name: "a leaf with an unknown critical extension",
    leaf: { extensions: [...LEAF, UNKNOWN] },
    code: "tls_bad_certificate",
    reason: /has a critical extension that the TLS library does not know/,
    remedy: /The certificate "CN=localhost" has the critical extension 1\.3\.6\.1\.4\.1\.99999\.1/,
  },
  {
    name: "an intermediate with an unknown critical extension",
    intermediate: { extensions: [...CA, UNKNOWN] },
    code: "tls_bad_certificate",
    reason: /has a critical extension that the TLS library does not know/,
    remedy: /The certificate "CN=Odd Intermediate" has the critical extension 1\.3\.6\.1\.4\.1\.99999\.1/,
  },
  {
    name: "name constraints of an intermediate that do not permit the name",
    intermediate: { extensions: [...CA, "nameConstraints=critical,permitted;DNS:corp.example"] },
    code: "tls_bad_certificate",
    reason: /the name constraints of a CA of its chain do not allow its name/,
    remedy: /The CA "CN=Odd Intermediate" may only issue certificates for DNS:corp\.example/,
  },
  {
    name: "name constraints of the root that exclude the name",
    root: { extensions: [...CA, "nameConstraints=critical,excluded;DNS:localhost"] },
    code: "tls_bad_certificate",
    reason: /the name constraints of a CA of its chain do not allow its name/,
    remedy: /The CA "CN=Odd Root" must not issue certificates for DNS:localhost/,
  },
  {
    name: "name constraints of a kind that the TLS library does not process",
    intermediate: { extensions: [...CA, "nameConstraints=critical,permitted;email:corp.example"] },
    leaf: { extensions: [LEAF[0] ?? "", `${NAMES},email:anna@other.example`] },
    code: "tls_bad_certificate",
    reason: /name constraints/,
    remedy: /The CA "CN=Odd Intermediate" may only issue certificates for email:corp\.example/,
  },
  {
    name: "an IP address that the certificate has as a DNS name only",
    leaf: { extensions: [LEAF[0] ?? "", "subjectAltName=DNS:127.0.0.1"] },
    host: "127.0.0.1",
    code: "tls_name_mismatch",
    reason: /its certificate is for another name/,
    remedy: /has the address 127\.0\.0\.1 as a DNS name, which is not valid for an address/,
  },
  {
    name: "a server that demands a client certificate by handshake_failure on TLS 1.2",
    args: ["-Verify", "1", "-tls1_2"],
    code: "tls_handshake",
    reason: /it requires a client certificate/,
    remedy: /--client-cert FILE --client-key FILE/,
  },
  {
    name: "a server that demands a client certificate on TLS 1.3",
    args: ["-Verify", "1", "-tls1_3"],
    code: "tls_handshake",
    reason: /it requires a client certificate/,
    remedy: /--client-cert FILE --client-key FILE/,
  },
  {
    name: "a server without a common TLS version",
    args: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
    code: "tls_handshake",
    reason:
      /it speaks TLS 1\.1, which is not secure|accepts none of the TLS versions \(1\.2, 1\.3\) and ciphers/,
    remedy: /to allow TLS 1\.2 with ECDHE and AES-GCM, or TLS 1\.3/,
  },
];

/** Mints a certificate with OpenSSL. @returns the paths of certificate and key, without their endings */
async function mint(
  directory: string,
  name: string,
  subject: string,
  { bits = 2048, extensions }: Minted,
  issuer?: string,
): Promise<string> {
  const at = (ending: string) => join(directory, `${name}.${ending}`);
  await Deno.writeTextFile(at("ext"), `${extensions.join("\n")}\n`);
  await runToEnd("openssl", [
    ...["req", "-newkey", `rsa:${bits}`, "-nodes", "-keyout", at("key"), "-subj", `/CN=${subject}`],
    ...["-out", at("csr")],
  ]);
  const signer = issuer === undefined
    ? ["-signkey", at("key")]
    : ["-CA", `${issuer}.pem`, "-CAkey", `${issuer}.key`, "-CAcreateserial"];
  await runToEnd("openssl", [
    ...["x509", "-req", "-in", at("csr"), ...signer, "-extfile", at("ext"), "-days", "2", "-out", at("pem")],
  ]);
  return join(directory, name);
}

for (const row of ROWS) {
  await testWith(["openssl"], `a turn and the doctor name ${row.name}, with a remedy`, async () => {
    const directory = await peerDirectory("handshake");
    const root = await mint(directory, "root", "Odd Root", row.root ?? { extensions: CA });
    const middle = row.intermediate === undefined
      ? undefined
      : await mint(directory, "middle", "Odd Intermediate", row.intermediate, root);
    const leaf = await mint(directory, "leaf", "localhost", row.leaf ?? { extensions: LEAF }, middle ?? root);
    const port = freePort();
    await using _server = await startPeer({
      program: "openssl",
      args: [
        ...[
          "s_server",
          "-accept",
          `${port}`,
          "-cert",
          `${leaf}.pem`,
          "-key",
          `${leaf}.key`,
          "-www",
          "-quiet",
        ],
        ...(middle === undefined ? [] : ["-cert_chain", `${middle}.pem`]),
        ...(row.args ?? ["-cipher", "DEFAULT@SECLEVEL=0"]),
      ],
      port,
      directory,
    });
    const base = `https://${row.host ?? "localhost"}:${port}/v1`;
    const env = { CULVERT_API_KEY: PLANTED_KEY, CODEX_CA_CERTIFICATE: `${root}.pem` };
    for (const transport of ["sse", "ws"]) {
      const args = ["respond", "--base-url", base, "--transport", transport, "--json", "hi"];
      const turn = await culvert(args, { env });
      const error = Object(jsonLines(turn.stdout).at(-1)?.["error"]);
      assertEquals([error.code, turn.code], [row.code, 3], turn.stderr);
      assertMatch(error.message, row.reason);
      assertMatch(error.hint, row.remedy);
    }
    const run = await culvert(["doctor", base, "--json"], { env });
    const report = JSON.parse(run.stdout);
    const failed = report.checks.find(({ status }: { status: string }) => status === "fail");
    assertEquals([failed?.code, run.code], [row.code, 3], run.stdout);
    assertMatch(failed.summary, row.reason);
    assertMatch(failed.remediation, row.remedy);
  });
}
