/* crm_mail: the messages of t/mail, each with what must come of it; addresses,
   ids, what nobody wrote */

#include "crm_out.h"
#include "mail.h"


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

    assert_int_equal(parse("From: =?utf-8?Q?=22Ali=2C_K=C3=BC=22?="
                           " <ak@b.example>\n\nx"), CRM_OK);
    is(&mail.from_name, "Ali, Kü");

    assert_int_equal(parse("From: =?utf-8?Q?=22Ali=22_of_=22K=C3=BC=22?="
                           " <ak@b.example>\n\nx"), CRM_OK);
    is(&mail.from_name, "\"Ali\" of \"Kü\"");

    assert_int_equal(parse("From: =?utf-8?Q?=22_=22?= <ak@b.example>\n\nx"),
                     CRM_OK);
    is(&mail.from_name, "ak");
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


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_automatic),
        cmocka_unit_test(test_ids)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
