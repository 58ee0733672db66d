/*
 * crm_mail: the messages of t/mail, each with what must come of it; what is
 * no mail; what is too much.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crm_digest.h"
#include "crm_mail.h"
#include "crm_out.h"
#include "crm_text.h"


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


static void
is(const crm_str_t *got, const char *expected)
{
    assert_string_equal(crm_arena_printf(&arena, "%.*s%c", (int) got->len,
                                         got->data, 0).data, expected);
}


static int
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


static int
parse(const char *text)
{
    return parse_as(text, strlen(text), "en");
}


static void
load(const char *name)
{
    FILE         *f;
    size_t        n;
    char          path[256];
    static char   buf[65536];

    snprintf(path, sizeof(path), "t/mail/%s.eml", name);

    f = fopen(path, "rb");
    assert_non_null(f);
    n = fread(buf, 1, sizeof(buf), f);
    fclose(f);

    assert_int_equal(parse_as(buf, n, "en"), CRM_OK);
}


/* ---- the corpus --------------------------------------------------------- */

typedef struct {
    const char  *file;
    const char  *name;
    const char  *address;
    const char  *subject;
    const char  *body;
    int          quoted_from;
    const char  *files;                 /* "name type size, ..." */
} corpus_t;

static const corpus_t  corpus[] = {

    { "plain", "Mina Karimi", "mina@example.com", "Price of 40 chairs",
      "Hello,\n\nwhat do 40 chairs cost, delivered to Shiraz?\n\nMina", -1,
      "" },

    { "windows-1256", "مريم رضايي", "maryam@example.ir", "سلام",
      "سلام، قيمت چاپگر چند است؟", -1, "" },

    { "iso-2022-jp", "田中太郎", "tanaka@example.jp", "見積もりのお願い",
      "お世話になっております。\n見積もりをお願いします。", -1, "" },

    { "split-words", "Jürgen Größ", "juergen@example.de",
      "پیشنهاد همکاری برای سال آینده",
      "Grüße aus Köln — bis bald, und noch eine sehr lange Zeile, die"
      " umbrochen werden muss, damit man es sieht.", -1, "" },

    { "base64", "Omid", "omid@example.com", "base64", "سلام 😀\nخط دوم", -1,
      "" },

    { "nested", "Ana", "ana@example.es", "Nested", "Mañana llamaré.", -1,
      "logo.gif image/gif 206, فاکتور.pdf application/pdf 1009, "
      "notes.txt text/plain 12" },

    { "no-headers", "", "", "only this", "A mail of few words.", -1, "" },

    { "no-subject", "nobody", "nobody@example.com", "", "No subject here.",
      -1, "" },

    { "8-bit-headers", "Zoë Müller", "zoe@example.com", "Größe & قیمت",
      "raw utf-8 in headers", -1, "" },

    { "8-bit-latin", "José", "jose@example.com", "Cotización",
      "¿Cuánto cuesta?", -1, "" },

    { "html-only", "Shop", "shop@example.com", "HTML only",
      "Order request\n\nWe need:\n\n- 10 desks\n- 20 chairs & lamps\n\n"
      "Total 1\u202f200 €\nVAT none\n\nThanks,\nShop", -1, "" },

    { "gmail-reply", "Ali Rezaei", "ali@gmail.com", "Re: Price of 40 chairs",
      "Sounds good, please send it.\n\nOn Mon, Nov 23, 2026 at 2:26 PM Mina"
      " Karimi <mina@example.com> wrote:\n\n> Hello,\n>\n> what do 40 chairs"
      " cost, delivered to Shiraz?\n>\n> Mina\n>", 30, "" },

    { "gmail-fa-html", "علی", "ali@gmail.com", "پاسخ: قیمت",
      "ممنون، فردا تماس می‌گیرم.\n\nدر تاریخ دوشنبه ۲ آذر ۱۴۰۵ مینا نوشت:\n"
      "> سلام\n> قیمت؟", 27, "" },

    { "outlook-reply", "Berg, Lars", "lars.berg@example.no", "SV: Offer",
      "We accept. See the signed form.\n\nMed vennlig hilsen\nLars Berg\n"
      "________________________________\nFra: Sales <sales@crm.example>\n"
      "Sendt: mandag 23. november 2026 15:26\n"
      "Til: Berg, Lars <lars.berg@example.no>\nEmne: Offer\n\n"
      "Dear Lars, here is our offer.", 62,
      "form.docx application/vnd.openxmlformats-officedocument."
      "wordprocessingml.document 504" },

    { "outlook-html", "Pat", "pat@example.com", "RE: Quote",
      "Please go ahead.\n\nFrom: Sales <sales@crm.example>\nSent: Monday\n"
      "To: Pat\nSubject: Quote\nOur quote is attached.", 18, "" },

    { "bottom-post", "Usenet", "usenet@example.com", "Re: Offer",
      "Sales wrote on Monday:\n> 40 chairs for 1,200.\n\n"
      "Too much. I would pay 1,000.\n\n-- \nUsenet fan", 77, "" },

    { "smime-signed", "Secure", "secure@example.com", "Signed",
      "Signed text.", -1, "smime.p7s application/pkcs7-signature 768" },

    { "smime-opaque", "Secure", "secure@example.com", "Encrypted", "", -1,
      "smime.p7m application/pkcs7-mime 256" },

    { "invitation", "Organizer", "organizer@example.com",
      "Invitation: Demo @ Tue Nov 24, 2026 3pm",
      "You have been invited to: Demo", -1,
      "invite.ics text/calendar 46, invite.ics application/ics 32" },

    { "forwarded", "Fwd", "fwd@example.com", "Fwd: a message",
      "Please look at this.", -1, "message.eml message/rfc822 105" },

    { "out-of-office", "Away", "away@example.com", "Automatic reply: Offer",
      "I am away until Monday.", -1, "" },

    { "bounce", "Mail Delivery System", "MAILER-DAEMON@example.com",
      "Undelivered Mail Returned to Sender",
      "The mail system: user unknown", -1,
      "delivery-status.txt message/delivery-status 104" },

    { "broken-mime", "Broken", "broken@example.com", "=?utf-8?B?broken",
      "Text with ÿþ bytes and no end.", -1,
      "attachment application/octet-stream 10" },

    { "apple", "Apfel", "apfel@example.de", "Bilder",
      "Above the picture.\n\nBelow it.\n\nVon meinem iPhone gesendet", 31,
      "photo.jpg image/jpeg 100" },

    { "mbox-line", "Mina", "mina@example.com", "mailbox format",
      "From here on it is text.", -1, "" }
};


static void
test_corpus(void **state)
{
    size_t      i;
    unsigned    k;
    crm_out_t   out;
    crm_str_t   files;

    (void) state;

    for (i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
        load(corpus[i].file);

        is(&mail.from_name, corpus[i].name);
        is(&mail.from_address, corpus[i].address);
        is(&mail.subject, corpus[i].subject);
        is(&mail.body, corpus[i].body);
        assert_int_equal(mail.quoted_from, corpus[i].quoted_from);

        crm_out_init(&out, &arena, 256);

        for (k = 0; k < mail.nfiles; k++) {
            if (k > 0) {
                crm_out_lit(&out, ", ");
            }

            crm_out_str(&out, &mail.file[k].name);
            crm_out_char(&out, ' ');
            crm_out_str(&out, &mail.file[k].type);
            crm_out_char(&out, ' ');
            crm_out_int(&out, mail.file[k].size);
        }

        assert_int_equal(crm_out_join(&out, &files), CRM_OK);
        is(&files, corpus[i].files);
    }
}


static void
test_addresses(void **state)
{
    (void) state;

    load("outlook-reply");
    is(&mail.from, "\"Berg, Lars\" <lars.berg@example.no>");
    is(&mail.to, "\"sales@crm.example\" <sales@crm.example>");

    assert_int_equal(parse("From: a group: Eva <eva@example.com>, x@y.z;\n\n"),
                     CRM_OK);
    is(&mail.from_name, "Eva");
    is(&mail.from_address, "eva@example.com");

    assert_int_equal(parse("Sender: only@example.com\n\nx"), CRM_OK);
    is(&mail.from_address, "only@example.com");

    assert_int_equal(parse("From: no address here\n\nx"), CRM_OK);
    is(&mail.from_address, "");

    assert_int_equal(parse("From: =?utf-8?Q?a=0D=0AX=3A_b?= <a@b.example>\n\n"
                           "x"), CRM_OK);
    is(&mail.from_name, "a X: b");
}


static void
test_automatic(void **state)
{
    size_t  i;

    static const struct {
        const char  *mail;
        unsigned     automatic;
    } t[] = {
        { "From: a@b.c\nAuto-Submitted: auto-replied\n\nx", 1 },
        { "From: a@b.c\nauto-submitted: Auto-Generated; x=y\n\nx", 1 },
        { "From: a@b.c\nAuto-Submitted: no\n\nx", 0 },
        { "From: a@b.c\nAuto-Submitted: No (a person)\n\nx", 0 },
        { "From: a@b.c\nPrecedence: bulk\n\nx", 1 },
        { "From: a@b.c\nPrecedence: BULK\n\nx", 1 },
        { "From: a@b.c\nPrecedence: list\n\nx", 0 },
        { "From: a@b.c\nPrecedence: bulky\n\nx", 0 },
        { "Return-Path: <>\nFrom: a@b.c\n\nx", 1 },
        { "Return-Path: <a@b.c>\nFrom: a@b.c\n\nx", 0 },
        { "From: a@b.c\n\nPrecedence: bulk", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        assert_int_equal(parse(t[i].mail), CRM_OK);
        assert_int_equal(mail.automatic, t[i].automatic);
    }

    load("bounce");
    assert_true(mail.automatic);
}


static void
test_ids(void **state)
{
    crm_str_t  first;

    (void) state;

    load("gmail-reply");
    is(&mail.message_id, "<CAF-gmail-1@mail.gmail.com>");
    assert_int_equal(mail.nids, 2);
    is(&mail.id[0], "<plain-1@example.com>");
    is(&mail.id[1], "<older@example.com>");

    assert_int_equal(parse("From: a@b.c\nMessage-ID: bare@example.com\n"
                           "In-Reply-To: message of <a@b> and <c@d>\n"
                           "References: <1@x>\n\t<2@x> <c@d> <bare@example.com>"
                           " <> <with blank@x> <3@x\n\nx"), CRM_OK);
    is(&mail.message_id, "<bare@example.com>");
    assert_int_equal(mail.nids, 4);
    is(&mail.id[0], "<a@b>");
    is(&mail.id[1], "<c@d>");
    is(&mail.id[2], "<2@x>");
    is(&mail.id[3], "<1@x>");

    assert_int_equal(parse("From: a@b.c\nIn-Reply-To:  bare@example.com\n"
                           "References: <1@x>\n\nx"), CRM_OK);
    assert_int_equal(mail.nids, 2);
    is(&mail.id[0], "<bare@example.com>");
    is(&mail.id[1], "<1@x>");

    assert_int_equal(parse("From: a@b.c\nIn-Reply-To: your mail\n\nx"),
                     CRM_OK);
    assert_int_equal(mail.nids, 0);

    /* made of what was sent: the same for the same, another for another */

    assert_int_equal(parse("From: a@b.c\n\none"), CRM_OK);
    first = mail.message_id;
    assert_int_equal(parse("From: a@b.c\n\none"), CRM_OK);
    assert_true(crm_str_eq(&first, &mail.message_id));
    assert_int_equal(parse("From: a@b.c\n\ntwo"), CRM_OK);
    assert_false(crm_str_eq(&first, &mail.message_id));
}


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
    html("<html><body><p dir=rtl>سلام &zwnj;خوبی</p></body></html>",
         "سلام \u200cخوبی");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_automatic),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_charsets),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_mail),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_html)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
