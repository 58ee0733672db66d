/* crm_words: what is indexed for q, and what a q asks for */

#include "domain.h"
#include "crm_words.h"


/* the entries of a contact's words under "c:w" or "c:p" */

static const char *
indexed(const char *packed, const char *part)
{
    crm_ix_list_t  list;

    crm_ix_init(&list, &arena, rule.prefix);
    crm_words_index(&list, "c", stored(contact_entity, packed));

    return entries(&list, part);
}


/* the words of a q, joined by blanks; "" for none */

static const char *
query(const char *q)
{
    int         rc;
    unsigned    i;
    crm_out_t   out;
    crm_str_t   s;
    crm_strs_t  words;

    s = str(q);
    rc = crm_words_query(&arena, &s, &words);

    if (rc == CRM_DECLINED) {
        assert_int_equal(crm_words_indexed(&words), 0);
        return "";
    }

    assert_int_equal(rc, CRM_OK);
    crm_out_init(&out, &arena, 100);

    for (i = 0; i < words.n; i++) {
        if (i > 0) {
            crm_out_char(&out, ' ');
        }

        crm_out_str(&out, &words.str[i]);
    }

    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    return cstr(s);
}


static void
test_words(void **state)
{
    (void) state;

    assert_string_equal(indexed("{'id':'5000','name':'Anna-Marie O. Li'}",
                                "c:w"),
                        "c:w:ann:2 a|0904 0\n"
                        "c:w:mar:2 ie|0904 0\n");

    /* 5000 is below 2^15; one character is no word */

    assert_string_equal(indexed("{'id':'5000','name':'Anna-Marie O. Li'}",
                                "c:p"),
                        "c:p:an:0 5000\n"
                        "c:p:li:0 5000\n"
                        "c:p:ma:0 5000\n");
}


static void
test_no_doubles(void **state)
{
    (void) state;

    assert_string_equal(indexed("{'id':'40000','name':'Ann ann Anne ANN',"
                                "'email':'ann@anne.example'}", "c:w"),
                        "c:w:ann:19 |1088 0\n"
                        "c:w:ann:19 e|1088 0\n"
                        "c:w:exa:19 mple|1088 0\n");
    assert_string_equal(indexed("{'id':'40000','name':'Ann ann Anne ANN',"
                                "'email':'ann@anne.example'}", "c:p"),
                        "c:p:an:1 7232\n"
                        "c:p:ex:1 7232\n");
}


/* characters, not bytes: "کتاب" is four characters of two bytes */

static void
test_persian(void **state)
{
    (void) state;

    assert_string_equal(indexed("{'id':'1','name':'كتاب يك'}", "c:"),
                        "c:p:کت:0 1\n"
                        "c:p:یک:0 1\n"
                        "c:w:کتا:0 ب|0001 0\n");
}


static void
test_phone(void **state)
{
    (void) state;

    /* as dialled, and without the country code */

    assert_string_equal(indexed("{'id':'1','phone':'+98 (21) 8877-6655'}",
                                "c:w"),
                        "c:w:218:0 8776655|0001 0\n"
                        "c:w:982:0 188776655|0001 0\n");

    /* nine digits after the country code */

    assert_string_equal(indexed("{'id':'1','phone':'+49 30 1234567'}", "c:w"),
                        "c:w:301:0 234567|0001 0\n"
                        "c:w:493:0 01234567|0001 0\n");

    /* 00 is + */

    assert_string_equal(indexed("{'id':'1','phone':'0098 21 8877 6655'}",
                                "c:w"),
                        "c:w:218:0 8776655|0001 0\n"
                        "c:w:982:0 188776655|0001 0\n");

    /* no country code: by the last ten digits, where there are as many */

    assert_string_equal(indexed("{'id':'1','phone':'912 345 6789'}", "c:w"),
                        "c:w:912:0 3456789|0001 0\n");
    assert_string_equal(indexed("{'id':'1','phone':'8877 6655'}", "c:w"),
                        "c:w:887:0 76655|0001 0\n");

    /* trunk prefix: both, and the last ten are the same as without */

    assert_string_equal(indexed("{'id':'1','phone':'021 88776655'}", "c:w"),
                        "c:w:021:0 88776655|0001 0\n"
                        "c:w:218:0 8776655|0001 0\n");

    /* Persian digits; short ones */

    assert_string_equal(indexed("{'id':'1','phone':'۱۱۰'}", "c:"),
                        "c:p:11:0 1\n"
                        "c:w:110:0 |0001 0\n");

    /* nothing in it */

    assert_string_equal(indexed("{'id':'1','phone':'none'}", "c:"), "");
}


static void
test_numbers_in_names(void **state)
{
    (void) state;

    assert_string_equal(indexed("{'id':'1','name':'Order 00123'}", "c:w"),
                        "c:w:001:0 23|0001 0\n"
                        "c:w:123:0 |0001 0\n"
                        "c:w:ord:0 er|0001 0\n");
    assert_string_equal(indexed("{'id':'1','name':'Agent 007'}", "c:w"),
                        "c:w:007:0 |0001 0\n"
                        "c:w:age:0 nt|0001 0\n");
}


static void
test_query(void **state)
{
    (void) state;

    assert_string_equal(query("Anna"), "anna");
    assert_string_equal(query("  MÜLLER & Söhne "), "muller sohne");
    assert_string_equal(query("anna@firma.example"), "anna firma example");
    assert_string_equal(query("كتاب"), "کتاب");
    assert_string_equal(query("لی"), "لی");

    /* words of one character do not count */

    assert_string_equal(query("a smith"), "smith a");
    assert_string_equal(query("s smith b anna b"), "smith anna b");
    assert_string_equal(query("a"), "");
    assert_string_equal(query("ی"), "");
    assert_string_equal(query(" .-+ "), "");
    assert_string_equal(query(""), "");
}


static void
test_query_prune(void **state)
{
    (void) state;

    assert_string_equal(query("ann anna ann"), "anna");
    assert_string_equal(query("anna ann"), "anna");
    assert_string_equal(query("anna hanna"), "anna hanna");
}


static void
test_query_phone(void **state)
{
    (void) state;

    /* with a country code: without it, as every number is found */

    assert_string_equal(query("+98 21 8877"), "218877");
    assert_string_equal(query("+98 (0)21 8877"), "218877");
    assert_string_equal(query("+1 212 555"), "212555");
    assert_string_equal(query("+49 30 1234"), "301234");
    assert_string_equal(query("+971 4 555"), "4555");
    assert_string_equal(query("0098 21"), "9821");
    assert_string_equal(query("(021) 88/77.66-55"), "2188776655");
    assert_string_equal(query("۰۲۱ ۸۸۷۷"), "218877");
    assert_string_equal(query("acme 02188776655"), "acme 2188776655");

    /* too few digits for a phone number */

    assert_string_equal(query("12 34"), "12 34");
    assert_string_equal(query("0012"), "0012");
    assert_string_equal(query("007"), "007");
}


/* so many words, each of its own */

static const char *
many(unsigned n)
{
    unsigned   i;
    crm_out_t  out;
    crm_str_t  s;

    crm_out_init(&out, &arena, 300);

    for (i = 0; i < n; i++) {
        crm_out_lit(&out, " w");
        crm_out_int(&out, 10 + i);
    }

    assert_int_equal(crm_out_join(&out, &s), CRM_OK);

    return cstr(s);
}


static void
test_many(void **state)
{
    (void) state;

    assert_string_equal(query(many(50)), many(50) + 1);
    assert_string_equal(query(many(51)), "");
    assert_string_equal(query(many(5000)), "");
}


static int
match(const char *packed, const char *q)
{
    crm_str_t   s;
    crm_strs_t  words;

    s = str(q);
    assert_int_equal(crm_words_query(&arena, &s, &words), CRM_OK);

    return crm_words_match(&arena, stored(contact_entity, packed), &words);
}


static void
test_match(void **state)
{
    static const char  *mina = "{'id':'1','name':'Mina Rad',"
                               "'email':'m.rad@rad.example',"
                               "'phone':'+98 21 8877 6655','city':'Bonn'}";

    (void) state;

    assert_true(match(mina, "rad mi"));
    assert_true(match(mina, "EXAMP"));
    assert_true(match(mina, "021 8877"));
    assert_true(match(mina, "+98 21 8877"));
    assert_true(match(mina, "98218877"));
    assert_true(match(mina, "021"));
    assert_true(match(mina, "0218"));
    assert_false(match(mina, "0217"));
    assert_true(match("{'id':'1','name':'Mina','phone':'021 8877 6655'}",
                      "+98 21 8877"));
    assert_true(match(mina, "mina r"));
    assert_true(match("{'id':'1','name':'Plan B'}", "plan b"));
    assert_false(match(mina, "mina b"));
    assert_false(match(mina, "rad mia"));
    assert_false(match(mina, "adr"));
    assert_false(match(mina, "8877 6655"));
    assert_false(match(mina, "bonn"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        domain_test(test_words),
        domain_test(test_no_doubles),
        domain_test(test_persian),
        domain_test(test_phone),
        domain_test(test_numbers_in_names),
        domain_test(test_query),
        domain_test(test_query_prune),
        domain_test(test_query_phone),
        domain_test(test_many),
        domain_test(test_match)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
