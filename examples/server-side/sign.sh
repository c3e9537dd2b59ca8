#!/bin/sh
# Signs a customer with openssl:  RAPPORT_IDENTITY_SECRET=… ./sign.sh 4711
# Whoever may list the processes of the machine sees the secret meanwhile: a language's own HMAC does not show it.
set -eu
printf %s "$1" | openssl dgst -sha256 -hmac "$RAPPORT_IDENTITY_SECRET" -r | cut -d " " -f 1
