#!/bin/sh
# Installs culvert on Linux (glibc) and macOS.
#
#   curl -fsSL https://github.com/culvert/culvert/releases/latest/download/install.sh | sh
#   curl -fsSL … | sh -s -- v0.1.0          a certain version
#
# Variables:
#   CULVERT_INSTALL_DIR   where to put it; default ~/.local/bin
#   CULVERT_RELEASES      where to get it: a mirror that holds download/VERSION/FILE and latest/download/FILE
#
# The program is only installed when its SHA-256 is the one in the release's SHA256SUMS. Proxies and CA bundles
# are those of curl or wget (HTTPS_PROXY, CURL_CA_BUNDLE). Who built it can be checked with
#   gh attestation verify culvert-TARGET.gz --repo culvert/culvert
set -eu

releases=${CULVERT_RELEASES:-https://github.com/culvert/culvert/releases}
directory=${CULVERT_INSTALL_DIR:-${HOME:?}/.local/bin}
version=${1:-latest}

fail() {
  printf 'install culvert: %s\n' "$*" >&2
  exit 1
}

target() {
  case $(uname -m) in
  x86_64 | amd64) cpu=x86_64 ;;
  aarch64 | arm64) cpu=aarch64 ;;
  *) fail "there is no binary for the processor $(uname -m)" ;;
  esac
  case $(uname -s) in
  Linux)
    case $(ldd --version 2>&1 || true) in
    *musl*) fail "the binary needs glibc, and this system has musl" ;;
    esac
    echo "$cpu-unknown-linux-gnu"
    ;;
  Darwin)
    # A shell under Rosetta calls an Apple processor x86_64.
    if [ "$(sysctl -n hw.optional.arm64 2>/dev/null || true)" = 1 ]; then cpu=aarch64; fi
    echo "$cpu-apple-darwin"
    ;;
  *) fail "there is no binary for $(uname -s); on Windows use install.ps1" ;;
  esac
}

download() {
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 -o "$2" "$1" || fail "cannot download $1"
  elif command -v wget >/dev/null; then
    wget -q -O "$2" "$1" || fail "cannot download $1"
  else
    fail "neither curl nor wget is installed"
  fi
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  elif command -v openssl >/dev/null; then
    openssl dgst -sha256 "$1" | sed 's/.* //'
  else
    fail "cannot check the download: none of sha256sum, shasum and openssl is installed"
  fi
}

main() {
  asset=culvert-$(target).gz
  case $version in
  latest) from=$releases/latest/download ;;
  *) from=$releases/download/$version ;;
  esac

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  download "$from/SHA256SUMS" "$work/SHA256SUMS"
  wanted=$(awk -v name="$asset" '$2 == name { print $1 }' "$work/SHA256SUMS")
  [ -n "$wanted" ] || fail "$from/SHA256SUMS does not list $asset"
  download "$from/$asset" "$work/culvert.gz"
  got=$(sha256 "$work/culvert.gz")
  [ "$got" = "$wanted" ] || fail "$asset is not what was published: SHA-256 is $got, should be $wanted. Nothing was installed"

  gunzip "$work/culvert.gz"
  chmod 755 "$work/culvert"
  mkdir -p "$directory"
  # Beside its place first, so that a running culvert is replaced in one step and never half written.
  cp "$work/culvert" "$directory/.culvert.$$"
  mv -f "$directory/.culvert.$$" "$directory/culvert"
  installed=$("$directory/culvert" --version) || fail "$directory/culvert does not start"

  printf 'Installed culvert %s as %s\n' "$installed" "$directory/culvert"
  case :${PATH:-}: in
  *":$directory:"*) ;;
  *) printf 'Add it to your PATH:  export PATH="%s:%s"\n' "$directory" "\$PATH" ;;
  esac
}

main
