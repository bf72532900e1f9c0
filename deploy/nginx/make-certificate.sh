#!/bin/sh
# Makes a certificate for development, good for 90 days: make-certificate.sh [FOLDER [NAME...]]
# Browsers warn about it; real installations bring certificates of their own.
set -eu
folder=${1:-$(dirname "$0")/tls}
[ $# -gt 0 ] && shift
names="DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1"
for name in "$@"; do names="$names,DNS:$name"; done
mkdir -p "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 90 \
  -keyout "$folder/tls.key" -out "$folder/tls.crt" -subj "/CN=Flowgrid development" \
  -addext "subjectAltName=$names" -addext "keyUsage=critical,digitalSignature" -addext "extendedKeyUsage=serverAuth" 2>/dev/null
# The container reads it as another user; it protects nothing but localhost.
chmod 644 "$folder/tls.key" "$folder/tls.crt"
echo "$folder/tls.crt: $names"
