/**
 * Values and variables that are nearly right: the reason why a bundle is not found is mostly one of these.
 *
 * @module
 */
import type { Warning } from "../../warning.ts";
import type { Environment } from "../../world/world.ts";

/**
 * What is odd about a path that could not be read.
 *
 * @param value the path as the user typed it
 * @returns a sentence, or `undefined` where nothing is
 */
export function oddPath(value: string): string | undefined {
  if (/-----BEGIN /i.test(value)) return "The value is a certificate, not the path of a file that holds one.";
  if (/^(["']).*\1$/s.test(value)) return "The value has quotes around it, which are part of the path.";
  if (/^~/.test(value)) return "The value begins with ~, which only a shell expands.";
  if (/^file:/i.test(value)) return "The value is a URL; a path is needed.";
  if (/^https?:/i.test(value)) return "The value is a URL; download the file and give its path.";
  if (value.trim() === "") {
    return "The value is blank, which is a path like any other; empty would count as unset.";
  }
  if (value !== value.trim()) return "The value begins or ends with a blank, which is part of the path.";
  if (/\$\{?\w|%\w+%/.test(value)) return "The value names a variable, which only a shell expands.";
  if (/[^/\\]:\/|[^:];/.test(value.replace(/^[A-Za-z]:/, ""))) {
    return "The value looks like a list of paths; only one file is taken.";
  }
  return undefined;
}

/** Variables by which other programs find a bundle, and slips of the two that count here. */
const NOT_READ = [
  "CODEX_CA_CERT",
  "CODEX_CA_CERTIFICATES",
  "CODEX_CA_BUNDLE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
  "GIT_SSL_CAINFO",
  "PIP_CERT",
  "AWS_CA_BUNDLE",
  "codex_ca_certificate",
  "ssl_cert_file",
];

/**
 * Variables that are set, that name a bundle for some other program, and that are not read here. Of interest
 * when a server's issuer is unknown, so for the doctor and for the explanation of a failed handshake; on every
 * run it would be noise.
 *
 * @param env the environment
 */
export function unreadVariables(env: Environment): readonly Warning[] {
  return NOT_READ.flatMap((name) => {
    const value = env(name);
    if (value === undefined || value === "") return [];
    return [{
      code: "ca_variable_not_read",
      message: `${name} is set, but it does not choose the CA bundle here; CODEX_CA_CERTIFICATE does`,
    }];
  });
}
