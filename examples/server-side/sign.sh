#!/bin/sh
# Signs a customer with openssl:  RAPPORT_IDENTITY_SECRET=… ./sign.sh 4711
# Whoever may list the processes of the machine sees the secret meanwhile: a language's own HMAC does not show it.
set -eu
# What is signed has no control characters: with a line feed in it one signature could vouch for something else.
if printf %s "$1" | LC_ALL=C grep -q '[[:cntrl:]]' || [ "$(printf %s "$1" | wc -l)" -gt 0 ]; then
  echo "the customer must have no control characters such as line feeds" >&2
  exit 1
fi
printf %s "$1" | openssl dgst -sha256 -hmac "$RAPPORT_IDENTITY_SECRET" -r | cut -d " " -f 1
