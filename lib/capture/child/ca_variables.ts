/**
 * The variables by which programs find a CA bundle.
 *
 * @module
 */

/**
 * Variables by program. Most of them replace the program's own roots, so that the file they name must hold all roots
 * that are to be trusted.
 */
export const CA_PROGRAMS: readonly (readonly [program: string, variable: string])[] = [
  ["codex", "CODEX_CA_CERTIFICATE"],
  ["OpenSSL, Python, Ruby, Go", "SSL_CERT_FILE"],
  ["Python requests", "REQUESTS_CA_BUNDLE"],
  ["curl", "CURL_CA_BUNDLE"],
  ["Node", "NODE_EXTRA_CA_CERTS"],
  ["Git", "GIT_SSL_CAINFO"],
  ["Cargo", "CARGO_HTTP_CAINFO"],
  ["pip", "PIP_CERT"],
  ["Bundler", "BUNDLE_SSL_CA_CERT"],
  ["npm", "npm_config_cafile"],
  ["npm", "NPM_CONFIG_CAFILE"],
  ["Deno", "DENO_CERT"],
  ["AWS CLI and SDKs", "AWS_CA_BUNDLE"],
  ["gRPC", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"],
  ["Google Cloud CLI", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"],
  ["Nix", "NIX_SSL_CERT_FILE"],
];
