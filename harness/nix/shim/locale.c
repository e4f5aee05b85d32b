/* The locale: LANG names it, and it is found by LOCPATH, which only the C library's functions that
 * load a locale get to see. Where they cannot load it, the variables are taken away, for programs
 * complain of a locale that is not there. */

#include "shim.h"
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define LOCALES DIRECTORY "locale"
#define LONGEST 4096

static const char *value(const char *name)
{
    const char *found = getenv(name);
    return found ? found : "";
}

/* Tell whether the moved locale is what is to be loaded. */
static int is_wanted(const char *name)
{
    const char *moved = conf()->locale;
    if (!*moved || !name) return 0;
    if (*name) return strstr(name, moved) != NULL;
    return !*value("LC_ALL") && !strcmp(value("LANG"), moved);
}

static char **with_path(char **list, char **variables, char *path)
{
    const char *own = value("LOCPATH");
    size_t count = 0;
    snprintf(path, LONGEST, "LOCPATH=" LOCALES "%s%s", *own ? ":" : "", own);
    list[count++] = path;
    for (; variables && *variables; variables++)
        if (strncmp(*variables, "LOCPATH=", 8)) list[count++] = *variables;
    list[count] = NULL;
    return list;
}

/* Call with an environment that tells where the locale is; programs may have a putenv of their own,
 * as bash has. */
#define WITH_PATH(call)                                                  \
    ({                                                                   \
        char **before = environ, *list[counted(before) + 2], path[LONGEST]; \
        environ = with_path(list, before, path);                         \
        __typeof__(call) result = call;                                  \
        environ = before;                                                \
        result;                                                          \
    })

EXPORTED char *setlocale(int category, const char *name)
{
    if (!is_wanted(name)) return NEXT(setlocale)(category, name);
    return WITH_PATH(NEXT(setlocale)(category, name));
}

EXPORTED locale_t newlocale(int categories, const char *name, locale_t base)
{
    if (!is_wanted(name)) return NEXT(newlocale)(categories, name, base);
    return WITH_PATH(NEXT(newlocale)(categories, name, base));
}

EXPORTED locale_t __newlocale(int categories, const char *name, locale_t base)
{
    return newlocale(categories, name, base);
}

/* Tell whether this C library can load the locale; asked once, and noted for other programs. */
static int is_loadable(void)
{
    Dl_info library = {0};
    struct stat status = {0};
    char note[64], answer[8] = {0};
    dladdr((void *)NEXT(newlocale), &library);
    if (library.dli_fname) KERNEL(SYS_newfstatat, AT_FDCWD, library.dli_fname, &status, 0);
    snprintf(note, sizeof note, DIRECTORY "seen/locale-%llu", (unsigned long long)status.st_ino);
    if (KERNEL(SYS_readlinkat, AT_FDCWD, note, answer, sizeof answer - 1) <= 0) {
        locale_t loaded = newlocale(LC_ALL_MASK, conf()->locale, NULL);
        if (loaded) freelocale(loaded);
        strcpy(answer, loaded ? "yes" : "no");
        KERNEL(SYS_symlinkat, answer, AT_FDCWD, note);
    }
    return *answer == 'y';
}

static int is_of_a_locale(const char *variable)
{
    return !strncmp(variable, "LANG=", 5) || !strncmp(variable, "LANGUAGE=", 9);
}

void keep_loadable(char **environment)
{
    char **kept = environment;
    if (strcmp(value("LANG"), conf()->locale) || is_loadable()) return;
    for (; *environment; environment++)
        if (!is_of_a_locale(*environment)) *kept++ = *environment;
    *kept = NULL;
}
