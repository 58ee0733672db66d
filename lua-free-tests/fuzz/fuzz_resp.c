/*
 * Redis' protocol: what is encoded is what a server reads, whatever the bytes;
 * error replies, whatever a server says.
 */

#include "fuzz.h"
#include "crm_resp.h"


#define WORDS  16


/* a command as a server reads it; returns what is behind it */

static const u_char *
read_command(const u_char *p, const u_char *end, unsigned argc,
    const crm_str_t *argv)
{
    char           head[32];
    int            len;
    unsigned       i;

    len = snprintf(head, sizeof(head), "*%u\r\n", argc);
    must(end - p >= len && memcmp(p, head, len) == 0);
    p += len;

    for (i = 0; i < argc; i++) {
        len = snprintf(head, sizeof(head), "$%zu\r\n", argv[i].len);
        must(end - p >= len && memcmp(p, head, len) == 0);
        p += len;

        must((size_t) (end - p) >= argv[i].len + 2);
        must(argv[i].len == 0 || memcmp(p, argv[i].data, argv[i].len) == 0);
        p += argv[i].len;

        must(p[0] == '\r' && p[1] == '\n');
        p += 2;
    }

    return p;
}


/* the input cut into words at its zero bytes */

static unsigned
cut(const crm_str_t *input, crm_str_t *word)
{
    size_t    i, start;
    unsigned  n;

    for (n = 0, start = 0, i = 0; i <= input->len && n < WORDS; i++) {
        if (i == input->len || input->data[i] == '\0') {
            word[n].data = input->data + start;
            word[n++].len = i - start;
            start = i + 1;
        }
    }

    return n;
}


static void
commit(crm_arena_t *a, unsigned n, const crm_str_t *word)
{
    u_char             *p, *end;
    unsigned            i;
    crm_ops_t           ops;
    crm_str_t           argv[3];
    crm_resp_commit_t   prepared;

    crm_ops_init(&ops, a);

    for (i = 0; i + 2 < n; i += 3) {
        if (i % 2) {
            (void) crm_ops_check(&ops, word[i].len % CRM_CHECK_MAX, word[i],
                                 word[i + 1], word[i + 2]);
        } else {
            argv[0] = crm_str("SET");
            argv[1] = word[i];
            argv[2] = word[i + 1];
            crm_ops_write(&ops, 3, argv);
        }
    }

    if (ops.failed
        || crm_resp_commit_prepare(&prepared, &ops, crm_str("f")) != CRM_OK)
    {
        return;
    }

    p = malloc(prepared.size);
    must(p != NULL);
    end = crm_resp_commit(p, &prepared);
    must((size_t) (end - p) <= prepared.size && *p == '*');
    free(p);
}


void
crm_fuzz_one(crm_arena_t *a, const crm_str_t *input)
{
    u_char     *p, *end;
    unsigned    n;
    size_t      size;
    crm_str_t   text, word[WORDS];

    (void) crm_resp_error(input);

    text = crm_resp_error_text(input);
    must(text.len <= input->len + 64);

    n = cut(input, word);

    size = crm_resp_command_size(n, word);
    p = malloc(size);
    must(p != NULL);
    end = crm_resp_command(p, n, word);
    must((size_t) (end - p) <= size);
    must(read_command(p, end, n, word) == end);
    free(p);

    commit(a, n, word);
}
