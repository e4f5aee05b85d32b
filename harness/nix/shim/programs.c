/* Programs that are started. What starts one leaves a mark, which the shim takes away where it runs
 * in the new program: the marks that stay are of programs out of its reach, by name. */

#include "shim.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <wordexp.h>

#define LONGEST 4096
#define NAME 64
#define SCRIPTS 6
#define MOST_ARGUMENTS 65536
#define HEADERS 64
#define SHELL "/bin/sh"

struct program {
    unsigned long long inode;
    char name[NAME];
    char interpreter[256]; /* of a script: empty for a program */
};

static void name_mark(char *path, size_t size, int process, unsigned long long inode)
{
    snprintf(path, size, DIRECTORY "seen/%d-%llu", process, inode);
}

static void mark(int process, const struct program *program)
{
    char path[NAME];
    name_mark(path, sizeof path, process, program->inode);
    KERNEL(SYS_symlinkat, program->name, AT_FDCWD, path);
}

static void unmark(int process, unsigned long long inode)
{
    char path[NAME];
    name_mark(path, sizeof path, process, inode);
    KERNEL(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* Read the interpreter out of a script's first line. */
static void read_interpreter(int file, char *interpreter, size_t size)
{
    char line[257] = {0};
    *interpreter = 0;
    if (KERNEL(SYS_pread64, file, line, sizeof line - 1, 0L) < 3 || strncmp(line, "#!", 2)) return;
    char *word = line + 2 + strspn(line + 2, " \t");
    word[strcspn(word, " \t\n")] = 0;
    snprintf(interpreter, size, "%s", word);
}

static void name_program(struct program *program, int directory, const char *path)
{
    char link[NAME], place[LONGEST] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    if (!*path && KERNEL(SYS_readlinkat, AT_FDCWD, link, place, sizeof place - 1) > 0) path = place;
    const char *slash = strrchr(path, '/');
    snprintf(program->name, NAME, "%s", slash ? slash + 1 : path);
}

static int look_at(int directory, const char *path, int flags, struct program *program)
{
    struct stat status;
    flags &= AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
    if (KERNEL(SYS_newfstatat, directory, path, &status, flags) || !S_ISREG(status.st_mode)) return 0;
    program->inode = status.st_ino;
    *program->interpreter = 0;
    name_program(program, directory, path);
    int file = *path ? KERNEL(SYS_openat, directory, path, O_RDONLY | O_CLOEXEC) : directory;
    if (file < 0) return 1; /* may be started without being read */
    read_interpreter(file, program->interpreter, sizeof program->interpreter);
    if (*path) KERNEL(SYS_close, file);
    return 1;
}

/* Tell what is started in the end: a program, or the one that a script names. */
static int aim(int directory, const char *path, int flags, struct program *program)
{
    if (!conf()->present || !path) return 0;
    int saved = errno;
    int found = look_at(directory, path, flags, program);
    for (int depth = 0; found && *program->interpreter && depth < SCRIPTS; depth++) {
        char next[sizeof program->interpreter];
        strcpy(next, program->interpreter);
        found = look_at(AT_FDCWD, next, 0, program);
    }
    errno = saved;
    return found;
}

/* Whether a program has the interpreter of the GNU C library, which loads the shim. */
static int is_loaded_by_gnu(const char *path)
{
    Elf64_Ehdr header = {0};
    Elf64_Phdr parts[HEADERS];
    char interpreter[256] = {0};
    int file = KERNEL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 1;
    KERNEL(SYS_pread64, file, &header, sizeof header, 0L);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG)) header.e_phnum = 0;
    size_t count = header.e_phnum < HEADERS ? header.e_phnum : HEADERS;
    long got = KERNEL(SYS_pread64, file, parts, count * sizeof *parts, (long)header.e_phoff);
    for (size_t one = 0; got > 0 && one < count; one++)
        if (parts[one].p_type == PT_INTERP)
            KERNEL(SYS_pread64, file, interpreter, sizeof interpreter - 1, (long)parts[one].p_offset);
    KERNEL(SYS_close, file);
    return strstr(interpreter, "/ld-linux") != NULL;
}

static int is_only_listed(const char *path, char *const *arguments, char *const *environment)
{
    return is_traced(path, arguments, environment) && (is_loader(path) || is_loaded_by_gnu(path));
}

/* The C library starts a shell by itself for some functions. */
static void shell_begins(void)
{
    struct program program;
    int saved = errno;
    if (aim(AT_FDCWD, SHELL, 0, &program) && !is_loaded_by_gnu(SHELL)) mark(0, &program);
    errno = saved;
}

static int is_go(void)
{
    const ElfW(Phdr) *parts = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t count = getauxval(AT_PHNUM);
    uintptr_t base = 0;
    int known = 0;
    for (size_t one = 0; parts && one < count; one++)
        if (parts[one].p_type == PT_PHDR)
            base = (uintptr_t)parts - parts[one].p_vaddr, known = 1;
    for (size_t one = 0; known && one < count; one++) {
        if (parts[one].p_type != PT_NOTE) continue;
        const char *at = (const char *)(base + parts[one].p_vaddr);
        const char *end = at + parts[one].p_memsz;
        while (at + sizeof(ElfW(Nhdr)) < end) {
            const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
            if (note->n_namesz == 4 && !memcmp(note + 1, "Go\0", 4)) return 1;
            at += sizeof *note + ((note->n_namesz + 3) & ~3U) + ((note->n_descsz + 3) & ~3U);
        }
    }
    return 0;
}

void arrived(unsigned long long inode)
{
    if (!is_go()) {
        unmark(getpid(), inode);
        return;
    }
    struct program own = {.inode = inode}; /* makes its system calls without the C library */
    snprintf(own.name, NAME, "%s", program_invocation_short_name);
    mark(getpid(), &own);
}

/* Start a program by `call`, with `given`, an environment that takes the room that it should. */
#define STARTING(directory, path, flags, arguments, environment, call)                     \
    ({                                                                                     \
        char *given[counted(environment) + MOST_FILLERS + 1];                              \
        struct program program;                                                            \
        int known = aim(directory, path, flags, &program);                                 \
        with_fillers(given, environment);                                                  \
        if (known && is_only_listed(path, arguments, given))                               \
            start_traced(path, arguments, given);                                          \
        if (known) mark(getpid(), &program);                                               \
        int failed = call;                                                                 \
        int saved = errno;                                                                 \
        if (known) unmark(getpid(), program.inode);                                        \
        errno = saved;                                                                     \
        failed;                                                                            \
    })

EXPORTED int execveat(int directory, const char *path, char *const *arguments,
                      char *const *environment, int flags)
{
    return STARTING(directory, path, flags, arguments, environment,
                    KERNEL(SYS_execveat, directory, path, arguments, given, flags));
}

EXPORTED int fexecve(int file, char *const *arguments, char *const *environment)
{
    return execveat(file, "", arguments, environment, AT_EMPTY_PATH);
}

EXPORTED int execve(const char *path, char *const *arguments, char *const *environment)
{
    return STARTING(AT_FDCWD, path, 0, arguments, environment,
                    NEXT(execve)(path, arguments, given));
}

EXPORTED int execv(const char *path, char *const *arguments)
{
    return execve(path, arguments, environ);
}

/* Return where PATH has a program, or the name itself. */
static const char *found(const char *name, char *place)
{
    const char *path = getenv("PATH");
    if (!name || !*name || strchr(name, '/')) return name;
    for (const char *at = path ? path : "/bin:/usr/bin"; *at; at += *at == ':') {
        int length = strcspn(at, ":");
        int size = snprintf(place, LONGEST, "%.*s%s%s", length, at, length ? "/" : "", name);
        if (size < LONGEST && !KERNEL(SYS_faccessat, AT_FDCWD, place, X_OK)) return place;
        at += length;
    }
    return name;
}

/* A file without a first line that says so is given to the shell. */
static int is_for_the_shell(const char *path)
{
    char begin[4] = {0};
    int file = KERNEL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    KERNEL(SYS_pread64, file, begin, sizeof begin, 0L);
    KERNEL(SYS_close, file);
    return strncmp(begin, "#!", 2) && memcmp(begin, ELFMAG, SELFMAG);
}

EXPORTED int execvpe(const char *name, char *const *arguments, char *const *environment)
{
    char place[LONGEST];
    int saved = errno;
    const char *path = found(name, place);
    if (path && is_for_the_shell(path)) path = SHELL;
    errno = saved;
    return STARTING(AT_FDCWD, path, 0, arguments, environment,
                    NEXT(execvpe)(name, arguments, given));
}

EXPORTED int execvp(const char *name, char *const *arguments)
{
    return execvpe(name, arguments, environ);
}

static size_t counted_words(va_list rest)
{
    size_t count = 1;
    while (va_arg(rest, char *)) count++;
    return count;
}

#define LISTED(first, list)                                                 \
    va_list rest;                                                           \
    va_start(rest, first);                                                  \
    size_t count = counted_words(rest);                                         \
    va_end(rest);                                                           \
    if (count > MOST_ARGUMENTS) return errno = E2BIG, -1;                   \
    char *list[count + 1];                                                  \
    list[0] = (char *)first;                                                \
    va_start(rest, first);                                                  \
    for (size_t at = 1; at <= count; at++) list[at] = va_arg(rest, char *);

EXPORTED int execl(const char *path, const char *first, ...)
{
    LISTED(first, arguments)
    va_end(rest);
    return execv(path, arguments);
}

EXPORTED int execlp(const char *name, const char *first, ...)
{
    LISTED(first, arguments)
    va_end(rest);
    return execvp(name, arguments);
}

EXPORTED int execle(const char *path, const char *first, ...)
{
    LISTED(first, arguments)
    char *const *environment = va_arg(rest, char *const *);
    va_end(rest);
    return execve(path, arguments, environment);
}

/* Mark a process that runs already, unless the shim has come to its program meanwhile: it reports
 * before it takes a mark away, and here the mark is made before the report is looked for. */
static void expect(int process, const char *path)
{
    struct program program;
    char report[NAME], line[32] = {0};
    int saved = errno;
    if (aim(AT_FDCWD, path, 0, &program)) {
        mark(process, &program);
        snprintf(report, sizeof report, DIRECTORY "seen/%d.0", process);
        int file = KERNEL(SYS_openat, AT_FDCWD, report, O_RDONLY | O_CLOEXEC);
        if (file >= 0) {
            KERNEL(SYS_pread64, file, line, sizeof line - 1, 0L);
            KERNEL(SYS_close, file);
            if (strtoull(line, NULL, 10) == program.inode) unmark(process, program.inode);
        }
    }
    errno = saved;
}

EXPORTED int posix_spawn(pid_t *restrict process, const char *restrict path,
                         const posix_spawn_file_actions_t *restrict actions,
                         const posix_spawnattr_t *restrict attributes,
                         char *const *restrict arguments, char *const *restrict environment)
{
    pid_t child;
    char *given[counted(environment) + MOST_FILLERS + 1];
    with_fillers(given, environment);
    int failed = NEXT(posix_spawn)(&child, path, actions, attributes, arguments, given);
    if (failed) return failed;
    if (process) *process = child;
    if (!is_only_listed(path, arguments, environment)) expect(child, path);
    return 0;
}

EXPORTED int posix_spawnp(pid_t *restrict process, const char *restrict name,
                          const posix_spawn_file_actions_t *restrict actions,
                          const posix_spawnattr_t *restrict attributes,
                          char *const *restrict arguments, char *const *restrict environment)
{
    pid_t child;
    char place[LONGEST];
    char *given[counted(environment) + MOST_FILLERS + 1];
    with_fillers(given, environment);
    int failed = NEXT(posix_spawnp)(&child, name, actions, attributes, arguments, given);
    if (failed) return failed;
    if (process) *process = child;
    const char *path = found(name, place);
    if (!is_only_listed(path, arguments, environment)) expect(child, path);
    return 0;
}

#define WITH_SHELL(call)                                                     \
    ({                                                                       \
        char **before = environ, *given[counted(before) + MOST_FILLERS + 1]; \
        shell_begins();                                                      \
        environ = with_fillers(given, before);                               \
        __typeof__(call) ended = call;                                       \
        environ = before;                                                    \
        ended;                                                               \
    })

EXPORTED int system(const char *command)
{
    return command ? WITH_SHELL(NEXT(system)(command)) : NEXT(system)(command);
}

EXPORTED FILE *popen(const char *command, const char *mode)
{
    return WITH_SHELL(NEXT(popen)(command, mode));
}

EXPORTED int wordexp(const char *restrict words, wordexp_t *restrict result, int flags)
{
    if (!strpbrk(words, "`$")) return NEXT(wordexp)(words, result, flags);
    return WITH_SHELL(NEXT(wordexp)(words, result, flags));
}
