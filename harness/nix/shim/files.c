/* Opening: paths whose content a lever replaces are given another file. */

#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#undef open
#undef openat

static mode_t mode_of(int flags, va_list rest)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

EXPORTED int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    int file = replaced(path, flags);
    if (file < 0 && is_hidden(path)) return errno = ENOENT, -1;
    if (flags & O_CREAT) pause_before_writing();
    return file >= 0 ? file : NEXT(open)(path, flags, mode);
}

EXPORTED int openat(int directory, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    int file = replaced(path, flags);
    if (file < 0 && is_hidden(path)) return errno = ENOENT, -1;
    if (flags & O_CREAT) pause_before_writing();
    return file >= 0 ? file : NEXT(openat)(directory, path, flags, mode);
}

/* On 64-bit machines the other names are the same functions. */
EXPORTED int open64(const char *path, int flags, ...) __attribute__((alias("open")));
EXPORTED int openat64(int directory, const char *path, int flags, ...)
    __attribute__((alias("openat")));

/* What checked headers call where no file can be made. */
EXPORTED int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

EXPORTED int __openat_2(int directory, const char *path, int flags)
{
    return openat(directory, path, flags);
}

EXPORTED int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
EXPORTED int __openat64_2(int directory, const char *path, int flags)
    __attribute__((alias("__openat_2")));

EXPORTED FILE *fopen(const char *restrict path, const char *restrict mode)
{
    int file = replaced(path, strchr(mode, 'e') ? O_CLOEXEC : 0);
    if (file < 0 && is_hidden(path)) return errno = ENOENT, NULL;
    if (*mode != 'r') pause_before_writing();
    return file >= 0 ? fdopen(file, "r") : NEXT(fopen)(path, mode);
}

EXPORTED FILE *fopen64(const char *restrict path, const char *restrict mode)
    __attribute__((alias("fopen")));

EXPORTED int access(const char *path, int mode)
{
    if (is_hidden(path)) return errno = ENOENT, -1;
    return NEXT(access)(path, mode);
}

EXPORTED int faccessat(int directory, const char *path, int mode, int flags)
{
    if (is_hidden(path)) return errno = ENOENT, -1;
    return NEXT(faccessat)(directory, path, mode, flags);
}
