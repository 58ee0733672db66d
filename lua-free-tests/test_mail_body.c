/* crm_mail: character sets, quotes, HTML; what is no mail; what is too much */

#include "mail.h"


/* ---- text --------------------------------------------------------------- */

static void
body_is(const char *text, const char *locale, const char *expected)
{
    assert_int_equal(parse_as(text, strlen(text), locale), CRM_OK);
    is(&mail.body, expected);
}


static void
test_charsets(void **state)
{
    (void) state;

    /* no charset: UTF-8, or what the tenant's people use */

    body_is("From: a@b.c\n\n\xd3\xe1\xc7\xe3", "fa", "سلام");
    body_is("From: a@b.c\n\n\xd3\xe1\xc7\xe3", "fa-IR", "سلام");
    body_is("From: a@b.c\n\n\xcf\xf0\xe8\xe2\xe5\xf2", "ru", "Привет");
    body_is("From: a@b.c\n\n\xd3\xe1\xc7\xe3", "fao", "ÓáÇã");
    body_is("From: a@b.c\n\nسلام", "ru", "سلام");

    body_is("From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\n"
            "a\xff\xfe\xc3(", "en", "a\uFFFD(");
    body_is("From: a@b.c\nContent-Type: text/plain; charset=iso-8859-1\n\n"
            "\x80 5", "en", "€ 5");
    body_is("From: a@b.c\nContent-Type: text/plain; charset=gb2312\n\n"
            "\xc4\xe3\xba\xc3", "en", "你好");
    body_is("From: a@b.c\nContent-Type: text/plain; charset=\"no such\"\n\n"
            "\xe4", "en", "ä");
    body_is("From: a@b.c\nContent-Type: text/html\n\n"
            "<meta charset=\"windows-1256\"><p>\xd3\xe1\xc7\xe3", "en",
            "سلام");
    body_is("From: a@b.c\nContent-Type: text/plain; charset=utf-7\n\n"
            "+AOQ-", "en", "ä");

    /* the last letter, which a mark might have followed */

    body_is("From: a@b.c\n\nXin ch\xe0o", "vi", "Xin chào");
    body_is("From: a@b.c\n\nb\xe0 a\xec", "vi", "bà á");
}


static void
test_controls(void **state)
{
    (void) state;

    body_is("From: a@b.c\n\na\x01" "b\x7f" "c\xc2\x85" "d\te\r\nf\rg\x1b[0m\n\n",
            "en", "abcd\te\nf\ng[0m");

    assert_int_equal(parse_as("From: a@b.c\n\na\0b", 17, "en"), CRM_OK);
    is(&mail.body, "ab");

    assert_int_equal(parse("From: a@b.c\nSubject: a\tb\n  c \n\nx"), CRM_OK);
    is(&mail.subject, "a b c");
}


static void
test_limits(void **state)
{
    char      *big;
    size_t     i, n;
    unsigned   k;

    (void) state;

    n = 3 * 1024 * 1024;
    big = malloc(n + 64);

    /* a long text is cut at a character */

    n = (size_t) sprintf(big, "From: a@b.c\n\nx");
    for (i = 0; i < 40000; i++) {
        memcpy(big + n + 2 * i, "é", 2);
    }
    assert_int_equal(parse_as(big, n + 80000, "en"), CRM_OK);
    assert_int_equal(mail.body.len, 65535);
    assert_true(crm_utf8_valid(&mail.body));

    /* a long subject, in characters */

    n = (size_t) sprintf(big, "From: a@b.c\nSubject: ");
    for (i = 0; i < 1000; i++) {
        memcpy(big + n + 2 * i, "é", 2);
    }
    memcpy(big + n + 2000, "\n\nx", 3);
    assert_int_equal(parse_as(big, n + 2003, "en"), CRM_OK);
    assert_int_equal(crm_utf8_length(&mail.subject), 200);

    /* nested deeper than anybody does */

    for (n = 0, k = 0; k < 40; k++) {
        n += (size_t) sprintf(big + n, "%sContent-Type: multipart/mixed; "
                              "boundary=b%u\n\n--b%u\n",
                              k == 0 ? "From: a@b.c\n" : "", k, k);
    }
    assert_int_equal(parse_as(big, n, "en"), CRM_DECLINED);

    /* boundaries without number */

    n = (size_t) sprintf(big, "From: a@b.c\n\n");
    for (k = 0; k < 200; k++) {
        n += (size_t) sprintf(big + n, "boundary=b%u\n", k);
    }
    assert_int_equal(parse_as(big, n, "en"), CRM_DECLINED);

    /* one that is written in another way */

    n = (size_t) sprintf(big, "From: a@b.c\nContent-Type: multipart/mixed;\n"
                         " boundary*0=a; boundary*1=b\n\n");
    for (k = 0; k < 20000; k++) {
        n += (size_t) sprintf(big + n, "--ab\n\n");
    }
    assert_int_equal(parse_as(big, n, "en"), CRM_DECLINED);

    free(big);
}


static void
test_no_mail(void **state)
{
    (void) state;

    assert_int_equal(parse(""), CRM_DECLINED);
    assert_int_equal(parse("\n\n"), CRM_DECLINED);
    assert_int_equal(parse("hello"), CRM_DECLINED);
    assert_int_equal(parse("{\"json\": true}"), CRM_DECLINED);
    assert_int_equal(parse("X-Only: this\n\nx"), CRM_DECLINED);
    assert_int_equal(parse("From "), CRM_DECLINED);
    assert_int_equal(parse("From: a@b.c"), CRM_OK);
}


/* ---- quotes ------------------------------------------------------------- */

static void
quoted(const char *text, const char *kept)
{
    char       buf[4096];
    crm_str_t  part;

    snprintf(buf, sizeof(buf), "From: a@b.c\nContent-Type: text/%s\n\n%s",
             *text == '<' ? "html" : "plain", text);

    assert_int_equal(parse(buf), CRM_OK);

    if (kept == NULL) {
        assert_int_equal(mail.quoted_from, -1);
        return;
    }

    part = crm_text_prefix(&mail.body, (size_t) mail.quoted_from);
    is(&part, kept);
}


static void
test_quotes(void **state)
{
    (void) state;

    quoted("Just text.\n\nTwo: three", NULL);
    quoted("Yes.\n\n-- \nMina\nSales", "Yes.\n\n");
    quoted("Yes.\n> old\n> text", "Yes.\n");
    quoted("Yes.\n\nAm 23.11.2026 um 14:26 schrieb Mina:\n> alt", "Yes.\n\n");
    quoted("Yes.\n\nOn Mon, Nov 23, 2026 at 2:26 PM Mina Karimi\n"
           "<mina.karimi@a-long-name.example.com> wrote:\n\n> old",
           "Yes.\n\n");
    quoted("はい。\n\n2026年11月23日 田中：\n> 旧", "はい。\n\n");
    quoted("Yes: \n> old", "Yes: \n");
    quoted("> old\nNew in between.\n> older\nAnd here.", NULL);
    quoted("> nothing but this", NULL);
    quoted("Ok.\n\n-----Original Message-----\nFrom: x\nold", "Ok.\n\n");
    quoted("Ok.\n\n-----Ursprüngliche Nachricht-----\nalt", "Ok.\n\n");
    quoted("Ok.\n\n-----\nno separator", NULL);
    quoted("Ok.\n\n________________________________\nFrom: A <a@b.c>\n"
           "Sent: Monday\nTo: B\nSubject: C\n\nold", "Ok.\n\n");
    quoted("Ok.\n\n*Von:* A <a@b.c>\n*Gesendet:* Montag\n*An:* B\n\nalt",
           "Ok.\n\n");
    quoted("From: the beginning\nit was only text.", NULL);
    quoted("Yes\n\nSent from my iPhone", "Yes\n\n");
    quoted("سلام\n\nاز: مینا\nارسال: دوشنبه\nبه: فروش\nموضوع: قیمت\n\nقبلی",
           "سلام\n\n");

    quoted("<p>Yes</p><blockquote type=cite><p>old</p></blockquote>",
           "Yes\n\n");
    quoted("<p>Yes</p><blockquote type=cite>old</blockquote><p>New</p>",
           NULL);
    quoted("<div>Yes</div><div class=\"gmail_signature x\">Mina</div>"
           "<div class='gmail_quote'>at 5 she wrote<blockquote>old"
           "</blockquote></div>", "Yes\n");
    quoted("<div>Yes</div><div class=\"gmail_signature\">Mina</div>"
           "<div>More</div>", NULL);

    /* what is taken off in front, or between, does not count */

    quoted("<div>&#8195;Hello</div><div class=gmail_quote>They wrote:</div>",
           "Hello\n");
    quoted("<div>a&#127;b</div><div class=gmail_quote>They wrote:</div>",
           "ab\n");
}


/* ---- HTML --------------------------------------------------------------- */

static void
html(const char *text, const char *expected)
{
    char  buf[4096];

    snprintf(buf, sizeof(buf), "From: a@b.c\nContent-Type: text/html; "
             "charset=utf-8\n\n%s", text);

    assert_int_equal(parse(buf), CRM_OK);
    is(&mail.body, expected);
}


static void
test_html(void **state)
{
    (void) state;

    html("a  b\n c", "a b c");
    html("<p>a<p>b", "a\n\nb");
    html("a<br>b<br/><br>c", "a\nb\n\nc");
    html("<b>bo</b>ld <i> it</i>", "bold it");
    html("<div><div><div>a</div></div></div><div>b</div>", "a\nb");
    html("<pre>a\n  b</pre>c", "a\nb\nc");
    html("&lt;a&gt; &amp; &eacute; &#1587; &nbsp; x", "<a> & é س x");
    html("<script>1 < 2</script><style>x</style>y<title>z</title>", "y");
    html("<blockquote>a<blockquote>b</blockquote>c</blockquote>d",
         "> a\n> > b\n> c\nd");
    html("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
         "a b\nc");
    html("text < with & errors <unknown>tag</p></div>",
         "text < with & errors tag");
    html("<a href='http://x'>link</a><img alt='picture' src=x>", "link");
    html("<p>don&#146;t &#129;&#128; 5&#150;6 \xc2\x85</p>", "don’t € 5–6 …");
    html("<html><body><p dir=rtl>سلام &zwnj;خوبی</p></body></html>",
         "سلام \u200cخوبی");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charsets),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_mail),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_html)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
