/* Names of temporary files, which the C library draws by itself. */

#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS 10000

enum kind { FILE_OPENED, DIRECTORY_MADE, NAME_ONLY };

static int make(const char *path, enum kind kind, int flags)
{
    struct stat status;
    if (kind == DIRECTORY_MADE) return mkdir(path, 0700);
    if (kind == FILE_OPENED)
        return open(path, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL, 0600);
    if (!lstat(path, &status)) {
        errno = EEXIST;
        return -1;
    }
    return errno == ENOENT ? 0 : -1;
}

/* Replace the XXXXXX before a suffix until the name is a new one. */
static int temporary(char *pattern, int suffix, int flags, enum kind kind)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(pattern);
    char *at = pattern + length - suffix - 6;
    if (suffix < 0 || length < 6 + (size_t)suffix || strncmp(at, "XXXXXX", 6)) {
        errno = EINVAL;
        return -1;
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint64_t number;
        draw(&number, sizeof number);
        for (int one = 0; one < 6; one++, number /= 62) at[one] = letters[number % 62];
        int made = make(pattern, kind, flags);
        if (made >= 0 || errno != EEXIST) return made;
    }
    return -1;
}

EXPORTED int mkstemp(char *pattern)
{
    return conf()->random ? temporary(pattern, 0, 0, FILE_OPENED) : NEXT(mkstemp)(pattern);
}

EXPORTED int mkstemp64(char *pattern)
{
    return mkstemp(pattern);
}

EXPORTED int mkostemp(char *pattern, int flags)
{
    return conf()->random ? temporary(pattern, 0, flags, FILE_OPENED)
                          : NEXT(mkostemp)(pattern, flags);
}

EXPORTED int mkostemp64(char *pattern, int flags)
{
    return mkostemp(pattern, flags);
}

EXPORTED int mkstemps(char *pattern, int suffix)
{
    return conf()->random ? temporary(pattern, suffix, 0, FILE_OPENED)
                          : NEXT(mkstemps)(pattern, suffix);
}

EXPORTED int mkstemps64(char *pattern, int suffix)
{
    return mkstemps(pattern, suffix);
}

EXPORTED int mkostemps(char *pattern, int suffix, int flags)
{
    return conf()->random ? temporary(pattern, suffix, flags, FILE_OPENED)
                          : NEXT(mkostemps)(pattern, suffix, flags);
}

EXPORTED int mkostemps64(char *pattern, int suffix, int flags)
{
    return mkostemps(pattern, suffix, flags);
}

EXPORTED char *mkdtemp(char *pattern)
{
    if (!conf()->random) return NEXT(mkdtemp)(pattern);
    return temporary(pattern, 0, 0, DIRECTORY_MADE) < 0 ? NULL : pattern;
}

EXPORTED char *mktemp(char *pattern)
{
    if (!conf()->random) return NEXT(mktemp)(pattern);
    if (temporary(pattern, 0, 0, NAME_ONLY) < 0) *pattern = 0;
    return pattern;
}

EXPORTED char *tmpnam(char result[L_tmpnam])
{
    static char own[L_tmpnam];
    if (!conf()->random) return NEXT(tmpnam)(result);
    char *name = result ? result : own;
    strcpy(name, P_tmpdir "/fileXXXXXX");
    return temporary(name, 0, 0, NAME_ONLY) < 0 ? NULL : name;
}

EXPORTED char *tempnam(const char *directory, const char *prefix)
{
    if (!conf()->random) return NEXT(tempnam)(directory, prefix);
    const char *chosen = getenv("TMPDIR");
    if (!chosen) chosen = directory ? directory : P_tmpdir;
    char *name = malloc(strlen(chosen) + 16);
    if (!name) return NULL;
    sprintf(name, "%s/%.5sXXXXXX", chosen, prefix ? prefix : "file");
    if (temporary(name, 0, 0, NAME_ONLY) >= 0) return name;
    free(name);
    return NULL;
}
