/*
 * A fuzz target without a fuzzer: runs the files of the directories and the
 * files that it is given, and counts as one unit test.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
replay_file(const char *path)
{
    FILE     *file;
    long      size;
    uint8_t  *data;

    file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }

    size = ftell(file);
    data = malloc(size > 0 ? size : 1);

    if (size < 0 || data == NULL || fseek(file, 0, SEEK_SET) != 0
        || fread(data, 1, size, file) != (size_t) size)
    {
        perror(path);
        exit(1);
    }

    fclose(file);

    (void) LLVMFuzzerTestOneInput(data, size);

    free(data);
}


int
main(int argc, char **argv)
{
    int             i, n;
    char            path[4096];
    DIR            *dir;
    struct dirent  *entry;

    for (n = 0, i = 1; i < argc; i++) {

        dir = opendir(argv[i]);
        if (dir == NULL) {
            continue;                   /* nothing kept for this target */
        }

        while ((entry = readdir(dir)) != NULL) {
            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof(path), "%s/%s", argv[i],
                         entry->d_name);
                replay_file(path);
                n++;
            }
        }

        closedir(dir);
    }

    printf("[  PASSED  ] %d test(s).\n", n > 0);

    return 0;
}
