/* What would show that the shim is there: its files, its variables, its place in lists of libraries.
 * A build that writes such a list is no other build for that. */

#include "shim.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TRACING "LD_TRACE_LOADED_OBJECTS="
#define UNNAMED "\t (0x" /* the loader lists the program itself where GLIBC_TUNABLES is set */
#define MOST_LINE 8192
#define MOST_STATUS (64 << 20)

static const char *const PRELOADS[] = {"/etc/ld.so.preload", "/etc/ld-nix.so.preload"};
static const char *const OF_PROCESSES[] = {"maps", "smaps", "numa_maps", "environ", "mounts",
                                           "mountinfo", "mountstats"};

int is_filler(const char *variable)
{
    return !strncmp(variable, FILLER, strlen(FILLER));
}

void hide_fillers(char **environment)
{
    char **kept = environment;
    for (; *environment; environment++)
        if (!is_filler(*environment)) *kept++ = *environment;
    *kept = NULL;
}

size_t counted(char *const *list)
{
    size_t count = 0;
    while (list && list[count]) count++;
    return count;
}

/* The environment as a new program gets it: of the same size, whatever a lever put into it. */
char **with_fillers(char **list, char *const *environment)
{
    size_t count = 0;
    for (; environment && *environment; environment++)
        if (!is_filler(*environment)) list[count++] = *environment;
    for (size_t one = 0; one < conf()->fillers; one++) list[count++] = conf()->filler[one];
    list[count] = NULL;
    return list;
}

int is_hidden(const char *path)
{
    if (!conf()->present || !path) return 0;
    for (size_t one = 0; one < sizeof PRELOADS / sizeof *PRELOADS; one++)
        if (!strcmp(path, PRELOADS[one])) return 1;
    return 0;
}

static int is_directory(int file, const char *path)
{
    struct stat status, wanted;
    return !KERNEL(SYS_newfstatat, file, "", &status, AT_EMPTY_PATH) &&
           !KERNEL(SYS_newfstatat, AT_FDCWD, path, &wanted, 0) &&
           status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev;
}

int is_hidden_entry(DIR *directory, const char *name)
{
    if (!conf()->present) return 0;
    if (!strcmp(name, "harness")) return is_directory(dirfd(directory), "/dev");
    if (!strcmp(name, "ld.so.preload") || !strcmp(name, "ld-nix.so.preload"))
        return is_directory(dirfd(directory), "/etc");
    return 0;
}

static int begins(const char *part, size_t size, const char *with)
{
    return size >= strlen(with) && !memcmp(part, with, strlen(with));
}

static int shows(const char *part, size_t size)
{
    static const char *const own[] = {DIRECTORY, " /dev/harness ", "/etc/ld.so.preload",
                                      "/etc/ld-nix.so.preload"};
    for (size_t one = 0; one < sizeof own / sizeof *own; one++)
        if (memmem(part, size, own[one], strlen(own[one]))) return 1;
    return begins(part, size, FILLER) || begins(part, size, UNNAMED);
}

/* Drop the lines, or the strings, that show the shim; return what is left of the size. */
static size_t without_own(char *text, size_t size, char end)
{
    char *to = text;
    for (char *at = text, *next; at < text + size; at = next) {
        char *last = memchr(at, end, text + size - at);
        next = last ? last + 1 : text + size;
        if (shows(at, next - at)) continue;
        memmove(to, at, next - at);
        to += next - at;
    }
    return to - text;
}

static int is_of_a_process(const char *path)
{
    const char *name = strrchr(path, '/');
    if (strncmp(path, "/proc/", 6) || !name) return 0;
    if (strncmp(path + 6, "self/", 5) && strncmp(path + 6, "thread-self/", 12) &&
        strcmp(path, "/proc/mounts") && !isdigit((unsigned char)path[6]))
        return 0;
    for (size_t one = 0; one < sizeof OF_PROCESSES / sizeof *OF_PROCESSES; one++)
        if (!strcmp(name + 1, OF_PROCESSES[one])) return 1;
    return 0;
}

int without_traces(const char *path, int flags)
{
    if (!is_of_a_process(path)) return -1;
    int file = KERNEL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    int copy = memfd_create("status", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
    char *text = NULL;
    size_t size = 0, room = 0;
    long got = copy < 0 ? -1 : 1;
    while (got > 0 && size < MOST_STATUS) {
        if (room - size < MOST_LINE) {
            char *larger = realloc(text, room += 8 * MOST_LINE);
            if (!larger) break;
            text = larger;
        }
        got = KERNEL(SYS_read, file, text + size, room - size);
        size += got > 0 ? got : 0;
    }
    close(file);
    size = without_own(text, size, strstr(path, "environ") ? 0 : '\n');
    if (got || KERNEL(SYS_pwrite64, copy, text, size, 0L) != (long)size) {
        if (copy >= 0) close(copy);
        copy = -1;
    }
    free(text);
    return copy;
}

int is_loader(const char *path)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    return !strncmp(name, "ld-linux", 8) || !strncmp(name, "ld.so", 5);
}

int is_traced(const char *path, char *const *arguments, char *const *environment)
{
    static const char *const ends[] = {"--list", "--verify", "--help", "--version"};
    if (is_loader(path))
        for (size_t one = 0; arguments && *arguments && arguments[1] && one < 4; one++)
            if (!strcmp(arguments[1], ends[one])) return 1;
    for (; environment && *environment; environment++)
        if (!strncmp(*environment, TRACING, strlen(TRACING))) return 1;
    return 0;
}

static void pass_on(int from)
{
    char text[MOST_LINE];
    size_t size = 0;
    long got = 1;
    while (got > 0) {
        got = KERNEL(SYS_read, from, text + size, sizeof text - size);
        if (got < 0) break;
        size += got;
        char *last = got ? memrchr(text, '\n', size) : NULL;
        size_t whole = got && size < sizeof text ? 0 : size;
        if (last) whole = last + 1 - text;
        char rest[MOST_LINE];
        memcpy(rest, text + whole, size - whole);
        size_t left = without_own(text, whole, '\n');
        if (left && KERNEL(SYS_write, STDOUT_FILENO, text, left) < 0) break;
        size -= whole;
        memcpy(text, rest, size);
    }
}

/* The loader lists a program's libraries instead of starting it: run that as a child, and become
 * what hands the list on. */
void start_traced(const char *path, char *const *arguments, char *const *environment)
{
    int ends[2], status = 0;
    if (KERNEL(SYS_faccessat, AT_FDCWD, path, X_OK) || KERNEL(SYS_pipe2, ends, O_CLOEXEC)) return;
    long child = KERNEL(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
    if (child < 0) return;
    if (!child) {
        KERNEL(SYS_dup3, ends[1], STDOUT_FILENO, 0);
        KERNEL(SYS_execve, path, arguments, environment);
        KERNEL(SYS_exit_group, 127L);
    }
    KERNEL(SYS_close, ends[1]);
    pass_on(ends[0]);
    KERNEL(SYS_wait4, child, &status, 0L, NULL);
    KERNEL(SYS_exit_group, (long)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
}
