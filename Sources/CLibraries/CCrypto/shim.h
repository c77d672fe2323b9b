#ifndef SLIPWAY_CCRYPTO_H
#define SLIPWAY_CCRYPTO_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

/* Both are combinations of macros, which Swift does not import. */
static const int slipway_public_key = EVP_PKEY_PUBLIC_KEY;
static const int slipway_key_pair = EVP_PKEY_KEYPAIR;

#endif
