/* What the tests of mail share: one message at a time, its texts. */

#ifndef MAIL_H
#define MAIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_digest.h"
#include "crm_mail.h"
#include "crm_text.h"


#define UNUSED  __attribute__((unused))


static crm_arena_t  arena;
static crm_mail_t   mail;


static int
setup(void **state)
{
    (void) state;

    crm_arena_init(&arena);
    crm_mail_init();

    return crm_text_init() != CRM_OK || crm_digest_init() != CRM_OK;
}


static int
teardown(void **state)
{
    (void) state;

    crm_arena_reset(&arena);
    crm_arena_release_free();
    crm_mail_exit();

    return 0;
}


UNUSED static void
is(const crm_str_t *got, const char *expected)
{
    assert_string_equal((char *) crm_arena_printf(&arena, "%.*s%c",
                                                  (int) got->len, got->data,
                                                  0).data, expected);
}


UNUSED static int
parse_as(const char *data, size_t len, const char *locale)
{
    int        rc;
    crm_str_t  raw, name;

    /* exactly as long as it is, so that a byte too many is seen */

    raw.data = malloc(len + !len);
    raw.len = len;
    memcpy(raw.data, data, len);

    name.data = (u_char *) locale;
    name.len = strlen(locale);

    rc = crm_mail_parse(&arena, &raw, &name, &mail);
    free(raw.data);

    return rc;
}


UNUSED static int
parse(const char *text)
{
    return parse_as(text, strlen(text), "en");
}

#endif /* MAIL_H */
