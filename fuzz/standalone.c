/*
 * main() for a fuzz target without libFuzzer: replays the inputs named as
 * arguments, files or directories of files, each with its prefixes.
 */
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

/* Short beginnings of an input are tried too: ends in odd places. */
#define MOST_PREFIX 256

static int replayed;

/* The copy is no longer than the input, so that a sanitizer sees a read
 * behind it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* 1 when all of the file is in data, which has a byte to spare. */
static int read_file(const char *path, uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "rb");
    int ok = file && data && fread(data, 1, size + 1, file) == size;

    if (!ok)
        perror(path);
    if (file)
        fclose(file);
    return ok;
}

static int replay_file(const char *path, size_t size)
{
    uint8_t *data = malloc(size + 1);
    int ok = read_file(path, data, size);
    size_t n;

    /* The last name printed is the one that crashed. */
    printf("# %s\n", path);
    fflush(stdout);
    for (n = 0; ok && n < size && n <= MOST_PREFIX; n++)
        run(data, n);
    if (ok)
        run(data, size);
    free(data);
    replayed += ok;
    return !ok;
}

static int replay(const char *path);

static int replay_dir(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char below[PATH_MAX];
    int failed = !dir;

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name)
            >= (int)sizeof(below))
            failed = 1;
        else
            failed |= replay(below);
    }
    if (dir)
        closedir(dir);
    return failed;
}

static int replay(const char *path)
{
    struct stat st;

    if (stat(path, &st)) {
        perror(path);
        return 1;
    }
    return S_ISDIR(st.st_mode) ? replay_dir(path)
                               : replay_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
    int failed = 0, i;

    for (i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    if (!replayed) {
        fprintf(stderr, "found no input\n");
        failed = 1;
    }
    printf("%d inputs replayed\n", replayed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
