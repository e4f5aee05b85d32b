/* The order of directories: listed whole by the first reading, put into order, handed out. */

#include "shim.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    DIR *of; /* NULL: free for another */
    struct listing *next;
    struct dirent **entries;
    long count, position;
};

static struct listing *listings;

static struct listing *known(DIR *directory)
{
    struct listing *one = __atomic_load_n(&listings, __ATOMIC_ACQUIRE);
    while (one && __atomic_load_n(&one->of, __ATOMIC_ACQUIRE) != directory) one = one->next;
    return one;
}

/* Take a free listing or make one, without a lock that a fork could leave held. */
static struct listing *made(DIR *directory)
{
    struct listing *one = __atomic_load_n(&listings, __ATOMIC_ACQUIRE);
    for (; one; one = one->next) {
        DIR *none = NULL;
        if (__atomic_compare_exchange_n(&one->of, &none, directory, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return one;
    }
    if (!(one = calloc(1, sizeof *one))) return NULL;
    one->of = directory;
    one->next = __atomic_load_n(&listings, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&listings, &one->next, one, 0, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
    return one;
}

static void empty(struct listing *one)
{
    for (long at = 0; at < one->count; at++) free(one->entries[at]);
    free(one->entries);
    one->entries = NULL;
    one->count = one->position = 0;
}

static uint64_t rank(const char *name)
{
    uint64_t number = conf()->order_seed * 0x9e3779b97f4a7c15ULL;
    for (; *name; name++) number = (number ^ (unsigned char)*name) * 0x100000001b3ULL;
    return number ^ number >> 29;
}

static int by_name(const void *one, const void *other)
{
    return strcmp((*(struct dirent *const *)one)->d_name, (*(struct dirent *const *)other)->d_name);
}

static int by_name_reversed(const void *one, const void *other)
{
    return by_name(other, one);
}

static int by_rank(const void *one, const void *other)
{
    uint64_t first = rank((*(struct dirent *const *)one)->d_name);
    uint64_t second = rank((*(struct dirent *const *)other)->d_name);
    return first < second ? -1 : first > second ? 1 : by_name(one, other);
}

static void put_in_order(struct dirent **entries, size_t count)
{
    called(DIRECTORY_ORDER);
    switch (conf()->order) {
    case SORTED: qsort(entries, count, sizeof *entries, by_name); break;
    case REVERSED: qsort(entries, count, sizeof *entries, by_name_reversed); break;
    case SHUFFLED: qsort(entries, count, sizeof *entries, by_rank); break;
    case BACKWARDS:
        for (size_t at = 0; at < count / 2; at++) {
            struct dirent *entry = entries[at];
            entries[at] = entries[count - 1 - at];
            entries[count - 1 - at] = entry;
        }
        break;
    case UNORDERED: break;
    }
}

/* Read a whole directory; on an error, which errno tells, nothing is kept. */
static int fill(struct listing *one)
{
    struct dirent *entry, *copy, **larger;
    long room = 0;
    errno = 0;
    while ((entry = NEXT(readdir)(one->of))) {
        if (is_hidden_entry(one->of, entry->d_name)) continue;
        if (one->count == room) {
            room = room ? 2 * room : 64;
            if (!(larger = realloc(one->entries, room * sizeof *larger))) break;
            one->entries = larger;
        }
        if (!(copy = malloc(entry->d_reclen))) break;
        memcpy(copy, entry, entry->d_reclen);
        one->entries[one->count++] = copy;
    }
    if (entry || errno) {
        empty(one);
        return -1;
    }
    put_in_order(one->entries, one->count);
    for (long at = 0; at < one->count; at++) one->entries[at]->d_off = at + 1;
    return 0;
}

EXPORTED struct dirent *readdir(DIR *directory)
{
    if (!conf()->order) {
        struct dirent *entry = NEXT(readdir)(directory);
        while (entry && is_hidden_entry(directory, entry->d_name)) entry = NEXT(readdir)(directory);
        return entry;
    }
    struct listing *one = known(directory);
    if (!one) {
        int saved = errno;
        if (!(one = made(directory)) || fill(one) < 0) return NULL;
        errno = saved;
    }
    return one->position < one->count ? one->entries[one->position++] : NULL;
}

static void forget(DIR *directory)
{
    struct listing *one = conf()->order ? known(directory) : NULL;
    if (!one) return;
    empty(one);
    __atomic_store_n(&one->of, NULL, __ATOMIC_RELEASE);
}

EXPORTED int closedir(DIR *directory)
{
    forget(directory);
    return NEXT(closedir)(directory);
}

EXPORTED void rewinddir(DIR *directory)
{
    forget(directory);
    NEXT(rewinddir)(directory);
}

EXPORTED long telldir(DIR *directory)
{
    struct listing *one = conf()->order ? known(directory) : NULL;
    if (one) return one->position;
    return conf()->order ? 0 : NEXT(telldir)(directory);
}

EXPORTED void seekdir(DIR *directory, long position)
{
    struct listing *one = conf()->order ? known(directory) : NULL;
    if (one) one->position = position < 0 || position > one->count ? one->count : position;
    else if (!conf()->order) NEXT(seekdir)(directory, position);
}

EXPORTED int scandir(const char *restrict path, struct dirent ***restrict entries,
                     int (*wanted)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **))
{
    int count = NEXT(scandir)(path, entries, wanted, compare);
    if (count > 0 && !compare && conf()->order) put_in_order(*entries, count);
    return count;
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

EXPORTED int readdir_r(DIR *restrict directory, struct dirent *restrict entry,
                       struct dirent **restrict result)
{
    if (!conf()->order) return NEXT(readdir_r)(directory, entry, result);
    int saved = errno;
    errno = 0;
    struct dirent *found = readdir(directory);
    int failed = errno;
    errno = saved;
    if (found) memcpy(entry, found, found->d_reclen);
    *result = found ? entry : NULL;
    return found ? 0 : failed;
}

/* On 64-bit machines the other names are the same functions. */
EXPORTED struct dirent64 *readdir64(DIR *directory)
{
    return (struct dirent64 *)readdir(directory);
}

EXPORTED int readdir64_r(DIR *restrict directory, struct dirent64 *restrict entry,
                         struct dirent64 **restrict result)
{
    return readdir_r(directory, (struct dirent *)entry, (struct dirent **)result);
}

EXPORTED int scandir64(const char *restrict path, struct dirent64 ***restrict entries,
                       int (*wanted)(const struct dirent64 *),
                       int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
    return scandir(path, (struct dirent ***)entries, (int (*)(const struct dirent *))wanted,
                   (int (*)(const struct dirent **, const struct dirent **))compare);
}
