#!/bin/sh
# Starts the culvert binary of this platform, which npm installed beside this package as an optional dependency.
set -eu

# npm links the command into a folder of the PATH; the packages stand beside the file that the link leads to.
file=$0
while [ -h "$file" ]; do
  link=$(readlink "$file")
  case $link in
  /*) file=$link ;;
  *) file=$(dirname "$file")/$link ;;
  esac
done
here=$(cd "$(dirname "$file")/.." && pwd -P)

case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) os=$(uname -s) ;;
esac
case $(uname -m) in
x86_64 | amd64) cpu=x64 ;;
aarch64 | arm64) cpu=arm64 ;;
*) cpu=$(uname -m) ;;
esac

for folder in "$here/../$os-$cpu" "$here/node_modules/@culvert/$os-$cpu"; do
  if [ -x "$folder/culvert" ]; then exec "$folder/culvert" "$@"; fi
done
echo "culvert: the package @culvert/$os-$cpu is not installed. Install again without --omit=optional: npm install -g @culvert/culvert" >&2
exit 2
