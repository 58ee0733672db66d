/*
 * Hashes, random tokens, base64url: libsodium behind four names.
 */

#ifndef CRM_DIGEST_H
#define CRM_DIGEST_H

#include "crm_arena.h"


#define CRM_SHA256_LEN      32
#define CRM_SHA256_TEXT     43      /* base64url without padding */
#define CRM_TOKEN_LEN       43      /* 256 random bits, base64url */


/* once per process; CRM_ERROR where there is no randomness */
int crm_digest_init(void);

/* SHA-256 of data as CRM_SHA256_TEXT base64url characters; returns the end */
u_char *crm_sha256_text(u_char *p, const void *data, size_t len);

/* a new random token of CRM_TOKEN_LEN characters; returns the end */
u_char *crm_token_make(u_char *p);

/* non-zero when equal; takes the same time wherever they differ */
int crm_secret_eq(const void *a, const void *b, size_t len);

/* that nobody can foresee */
void crm_random_bytes(void *p, size_t len);

/* 64-bit SipHash with a fixed key: ETags, buckets, cursors; no secret */
uint64_t crm_hash64(const void *data, size_t len);

/*
 * Authenticated encryption under a key derived from `secret`, as base64url
 * text.  One secret seals one text: the nonce is fixed.  crm_unseal():
 * CRM_DECLINED where the text was sealed with another secret.
 */
int crm_seal(crm_arena_t *a, const crm_str_t *secret, const crm_str_t *src,
    crm_str_t *text);
int crm_unseal(crm_arena_t *a, const crm_str_t *secret,
    const crm_str_t *text, crm_str_t *dst);

/* 128-bit SipHash with a key that is random per process: nobody outside can
   find two texts with the same one */
void crm_hash128(u_char hash[16], const void *data, size_t len);

/* without padding */
int crm_base64url_encode(crm_arena_t *a, const crm_str_t *src,
    crm_str_t *dst);

/* CRM_DECLINED on any character outside the alphabet */
int crm_base64url_decode(crm_arena_t *a, const crm_str_t *src,
    crm_str_t *dst);

#endif /* CRM_DIGEST_H */
