/*
 * Hashes, random tokens, base64url; the only file that includes libsodium.
 */

#include <sodium.h>

#include "crm_digest.h"


#define CRM_BASE64_VARIANT  sodium_base64_VARIANT_URLSAFE_NO_PADDING


static u_char *crm_digest_text(u_char *p, const u_char *hash);


static const u_char  crm_seal_nonce[crypto_secretbox_NONCEBYTES];


int
crm_digest_init(void)
{
    return (sodium_init() == -1) ? CRM_ERROR : CRM_OK;
}


u_char *
crm_sha256_text(u_char *p, const void *data, size_t len)
{
    u_char  hash[CRM_SHA256_LEN];

    (void) crypto_hash_sha256(hash, data, len);

    return crm_digest_text(p, hash);
}


u_char *
crm_token_make(u_char *p)
{
    u_char  secret[CRM_SHA256_LEN];

    randombytes_buf(secret, sizeof(secret));
    p = crm_digest_text(p, secret);
    sodium_memzero(secret, sizeof(secret));

    return p;
}


int
crm_secret_eq(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}


void
crm_random_bytes(void *p, size_t len)
{
    randombytes_buf(p, len);
}


/* least significant byte first, so that every machine gives the same number */

uint64_t
crm_hash64(const void *data, size_t len)
{
    int       i;
    u_char    hash[crypto_shorthash_BYTES];
    uint64_t  value;

    /* crypto_shorthash_KEYBYTES */
    static const char  key[] = "nginx-crm hash64";

    (void) crypto_shorthash(hash, data, len, (const u_char *) key);

    value = 0;

    for (i = 7; i >= 0; i--) {
        value = value << 8 | hash[i];
    }

    return value;
}


int
crm_base64url_encode(crm_arena_t *a, const crm_str_t *src, crm_str_t *dst)
{
    size_t   size;
    u_char  *p;

    /* with the terminating NUL that libsodium writes */

    size = sodium_base64_encoded_len(src->len, CRM_BASE64_VARIANT);
    p = crm_arena_bytes(a, size);

    if (p == NULL) {
        return CRM_ERROR;
    }

    sodium_bin2base64((char *) p, size, src->data, src->len,
                      CRM_BASE64_VARIANT);

    dst->data = p;
    dst->len = size - 1;

    return CRM_OK;
}


int
crm_base64url_decode(crm_arena_t *a, const crm_str_t *src, crm_str_t *dst)
{
    size_t       size, len;
    u_char      *p;
    const char  *text, *end;

    size = src->len / 4 * 3 + 3;
    p = crm_arena_bytes(a, size);

    if (p == NULL) {
        return CRM_ERROR;
    }

    text = (src->len == 0) ? "" : (const char *) src->data;

    if (sodium_base642bin(p, size, text, src->len, NULL, &len, &end,
                          CRM_BASE64_VARIANT) != 0
        || end != text + src->len)
    {
        return CRM_DECLINED;
    }

    dst->data = p;
    dst->len = len;

    return CRM_OK;
}


/* CRM_SHA256_LEN bytes as CRM_SHA256_TEXT characters */

static u_char *
crm_digest_text(u_char *p, const u_char *hash)
{
    char  text[CRM_SHA256_TEXT + 1];

    sodium_bin2base64(text, sizeof(text), hash, CRM_SHA256_LEN,
                      CRM_BASE64_VARIANT);
    memcpy(p, text, CRM_SHA256_TEXT);

    return p + CRM_SHA256_TEXT;
}


static void
crm_seal_key(const crm_str_t *secret, u_char key[crypto_secretbox_KEYBYTES])
{
    crypto_generichash(key, crypto_secretbox_KEYBYTES, secret->data,
                       secret->len, (const u_char *) "crm seal", 8);
}


int
crm_seal(crm_arena_t *a, const crm_str_t *secret, const crm_str_t *src,
    crm_str_t *text)
{
    u_char     key[crypto_secretbox_KEYBYTES];
    crm_str_t  box;

    box.len = src->len + crypto_secretbox_MACBYTES;
    box.data = crm_arena_bytes(a, box.len);

    if (box.data == NULL) {
        return CRM_ERROR;
    }

    crm_seal_key(secret, key);
    crypto_secretbox_easy(box.data, src->data, src->len, crm_seal_nonce, key);
    sodium_memzero(key, sizeof(key));

    return crm_base64url_encode(a, &box, text);
}


int
crm_unseal(crm_arena_t *a, const crm_str_t *secret, const crm_str_t *text,
    crm_str_t *dst)
{
    int        rc;
    u_char     key[crypto_secretbox_KEYBYTES];
    crm_str_t  box;

    rc = crm_base64url_decode(a, text, &box);

    if (rc != CRM_OK) {
        return rc;
    }

    if (box.len < crypto_secretbox_MACBYTES) {
        return CRM_DECLINED;
    }

    dst->len = box.len - crypto_secretbox_MACBYTES;
    dst->data = crm_arena_bytes(a, dst->len + 1);

    if (dst->data == NULL) {
        return CRM_ERROR;
    }

    crm_seal_key(secret, key);
    rc = crypto_secretbox_open_easy(dst->data, box.data, box.len,
                                    crm_seal_nonce, key);
    sodium_memzero(key, sizeof(key));

    return rc == 0 ? CRM_OK : CRM_DECLINED;
}


void
crm_hash128(u_char hash[16], const void *data, size_t len)
{
    static u_char    key[crypto_shorthash_siphashx24_KEYBYTES];
    static unsigned  keyed;

    if (!keyed) {
        randombytes_buf(key, sizeof(key));
        keyed = 1;
    }

    crypto_shorthash_siphashx24(hash, data, len, key);
}
