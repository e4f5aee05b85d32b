/* Reading the configuration, reporting, and what happens once a process. */

#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FRESH 0xa5
#define STACK (64 * 1024)
#define MOST_EXECS 1000
#define MOST_VARIABLES 4096
#define HELD 200
#define FIRST_PROCESSES 100
#define FIRST_THREADS 16
#define MILLISECOND 1000000

static const char *const LEVER_NAMES[LEVERS] = {
    "clock", "file-time", "monotonic", "random", "directory-order", "host",
    "umask", "address-layout", "cpus", "schedule"};

static struct conf settings = {.umask = -1};
static char text[16384];
static char report[64];
static volatile int reported[LEVERS];

static ssize_t read_file(const char *path, char *buffer, size_t size)
{
    size_t total = 0;
    ssize_t got;
    int file = NEXT(openat)(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    while (total < size && (got = NEXT(read)(file, buffer + total, size - total)) > 0) total += got;
    close(file);
    return total;
}

static void set_clock(enum clock_mode *mode, int64_t *seconds, const char *words)
{
    *mode = strncmp(words, "pinned ", 7) == 0 ? PINNED : OFFSET;
    *seconds = atoll(strchr(words, ' ') ? strchr(words, ' ') : "0");
}

static void set_order(const char *words)
{
    static const char *const names[] = {"", "sorted", "reversed", "backwards", "shuffled"};
    for (int one = SORTED; one <= SHUFFLED; one++)
        if (strncmp(words, names[one], strlen(names[one])) == 0) settings.order = one;
    if (settings.order == SHUFFLED) settings.order_seed = atoll(words + strlen("shuffled"));
}

static void set_filler(const char *words)
{
    static char fillers[8192], *end = fillers;
    size_t room = fillers + sizeof fillers - end, size = strlen(words) + 1;
    if (!is_filler(words) || settings.fillers == MOST_FILLERS || size > room) return;
    settings.filler[settings.fillers++] = memcpy(end, words, size);
    end += size;
}

static void set(const char *key, const char *words)
{
    if (!strcmp(key, "clock")) set_clock(&settings.clock, &settings.clock_seconds, words);
    if (!strcmp(key, "monotonic"))
        set_clock(&settings.monotonic, &settings.monotonic_seconds, words);
    if (!strcmp(key, "file-times")) set_clock(&settings.files, &settings.files_seconds, words);
    if (!strcmp(key, "random")) settings.random = 1, settings.random_seed = atoll(words);
    if (!strcmp(key, "directory-order")) set_order(words);
    if (!strcmp(key, "host")) strncpy(settings.host, words, sizeof settings.host - 1);
    if (!strcmp(key, "release")) strncpy(settings.release, words, sizeof settings.release - 1);
    if (!strcmp(key, "umask")) settings.umask = strtol(words, NULL, 8);
    if (!strcmp(key, "address-layout")) settings.address_layout = 1;
    if (!strcmp(key, "cpus")) settings.cpus = atoi(words);
    if (!strcmp(key, "env")) set_filler(words);
    if (!strcmp(key, "schedule")) settings.schedule = atoi(words);
    if (!strcmp(key, "locale")) strncpy(settings.locale, words, sizeof settings.locale - 1);
}

/* Call `each` for every line of the text, which stays as it is. */
static void lines(void (*each)(const char *key, const char *words))
{
    char line[4096];
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        if (length < sizeof line) {
            memcpy(line, at, length);
            line[length] = 0;
            char *space = strchr(line, ' ');
            if (space) *space++ = 0;
            each(line, space ? space : "");
        }
        at += length + (at[length] == '\n');
    }
}

/* The configuration is written shortly before the builder begins. */
static void set_beginning(void)
{
    struct stat own = {0};
    KERNEL(SYS_newfstatat, AT_FDCWD, DIRECTORY "conf", &own, 0);
    settings.begun = own.st_mtim.tv_sec * 1000000000LL + own.st_mtim.tv_nsec;
}

const struct conf *conf(void)
{
    if (!settings.ready) {
        int saved = errno;
        if (!getauxval(AT_SECURE)) {
            settings.present = read_file(DIRECTORY "conf", text, sizeof text - 1) >= 0;
            lines(set);
            set_beginning();
        }
        settings.ready = 1;
        errno = saved;
    }
    return &settings;
}

void called(enum lever lever)
{
    if (reported[lever]) return;
    reported[lever] = 1;
    int saved = errno;
    if (lever == CPUS) KERNEL(SYS_symlinkat, "yes", AT_FDCWD, DIRECTORY "seen/processors-counted");
    errno = saved;
    if (!*report) return;
    int file = NEXT(openat)(AT_FDCWD, report, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file >= 0) {
        char line[32];
        int length = snprintf(line, sizeof line, "%s\n", LEVER_NAMES[lever]);
        if (write(file, line, length) < 0) errno = saved;
        close(file);
    }
    errno = saved;
}

static void name_report(int process, int count)
{
    snprintf(report, sizeof report, DIRECTORY "seen/%d.%d", process, count);
}

/* Make this program's file of the process, numbered from `count`; return its number, or -1. */
static int begin_report(int count, unsigned long long inode)
{
    char program[512];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length < 0 ? 0 : length] = 0;
    for (; count < MOST_EXECS; count++) {
        name_report(getpid(), count);
        int file = NEXT(openat)(AT_FDCWD, report, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0) {
            if (dprintf(file, "%llu %s\n", inode, program) < 0) *report = 0;
            close(file);
            return count;
        }
        if (errno != EEXIST) break;
    }
    *report = 0;
    return -1;
}

/* Tell whether process 1 runs what Nix started, and not what a static builder became. */
static int is_builder(void)
{
    const char *path = (const char *)getauxval(AT_EXECFN), *builder = getenv("builder");
    struct stat own, wanted;
    if (!builder || !path || !strcmp(path, builder)) return 1;
    return !KERNEL(SYS_newfstatat, AT_FDCWD, "/proc/self/exe", &own, 0) &&
           !KERNEL(SYS_newfstatat, AT_FDCWD, builder, &wanted, 0) && own.st_ino == wanted.st_ino;
}

/* Begin the report; return whether this is the first program of process 1 that the shim is in.
 * The file 1.0 is the builder's own: without it, the builder was out of reach. */
static int begin(unsigned long long inode)
{
    if (getpid() != 1) {
        begin_report(0, inode);
        return 0;
    }
    int least = !is_builder();
    struct stat status;
    name_report(1, 0);
    int seen = !KERNEL(SYS_newfstatat, AT_FDCWD, report, &status, 0);
    return begin_report(least, inode) == least && !seen;
}

static char *variables[MOST_VARIABLES];
static size_t variable_count;

static int names(const char *variable, const char *assignment)
{
    size_t length = strcspn(assignment, "=");
    return !strncmp(variable, assignment, length + 1);
}

/* Programs may have a putenv of their own, as bash has: the list is made by hand. */
static void export_one(const char *key, const char *words)
{
    if (strcmp(key, "env") || !strchr(words, '=')) return;
    size_t at = 0;
    while (at < variable_count && !names(variables[at], words)) at++;
    if (at == MOST_VARIABLES - 1 || !(variables[at] = strdup(words))) return;
    variable_count += at == variable_count;
}

static void export_all(char **environment)
{
    for (; *environment && variable_count < MOST_VARIABLES - 1; environment++) {
        size_t at = 0;
        while (at < variable_count && !names(*environment, variables[at])) at++;
        if (at == variable_count) variables[variable_count++] = *environment;
    }
}

/* Start the builder's first program again: only a new one gets another layout of memory, and finds
 * the variables where its main looks for them. */
static void start_again(char **environment)
{
    static char arguments[1 << 20];
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    ssize_t size = read_file("/proc/self/cmdline", arguments, sizeof arguments - 1);
    if (length <= 0 || size <= 0 || size == sizeof arguments - 1) return;
    program[length] = 0;
    size_t count = 0;
    for (ssize_t at = 0; at < size; at++) count += !arguments[at];
    char **list = calloc(count + 1, sizeof *list);
    if (!list) return;
    char *at = arguments;
    for (size_t one = 0; one < count; one++, at += strlen(at) + 1) list[one] = at;
    export_all(environment);
    NEXT(execve)(program, list, variables);
}

static uint32_t real_chance(void)
{
    uint32_t chance = 0;
    KERNEL(SYS_getrandom, &chance, sizeof chance, 0L);
    return chance;
}

static void pause_for(int64_t nanoseconds)
{
    struct timespec time = {.tv_nsec = nanoseconds};
    if (nanoseconds) KERNEL(SYS_nanosleep, &time, NULL);
    called(SCHEDULE);
}

static void pause_sometimes(int64_t longest)
{
    uint32_t chance = real_chance();
    pause_for(chance % 4 ? 0 : (chance >> 8) % longest);
}

/* What begins late comes after what began later: of the first ones, which may be all that there are,
 * every other one waits for longer than a small piece of work takes. */
static void pause_in_turn(int number, int first)
{
    if (number > first) pause_sometimes(3 * MILLISECOND);
    else if ((number + settings.schedule) % 2)
        pause_for(5 * MILLISECOND + real_chance() % (15 * MILLISECOND));
}

static void pause_a_little(void)
{
    pause_in_turn(getpid(), FIRST_PROCESSES);
}

void pause_before_writing(void)
{
    if (conf()->schedule && real_chance() % 8 == 0) pause_sometimes(MILLISECOND);
}

/* What frames of the first functions find where they have written nothing. */
static __attribute__((noinline)) void fill_stack(void)
{
    volatile char below[STACK];
    for (size_t at = 0; at < sizeof below; at++) below[at] = (char)FRESH;
}

/* Nix kills what is left of a builder once its output is closed, and counts that as a failure: a
 * program that closes its output before it exits must not be the last to hold it. */
static void hold_output(void)
{
    if (getpid() == 1) NEXT(fcntl)(STDERR_FILENO, F_DUPFD_CLOEXEC, HELD);
}

static void __attribute__((constructor)) start(int count, char **arguments, char **environment)
{
    if (!conf()->present) return;
    int saved = errno;
    hold_output();
    struct stat own = {0};
    KERNEL(SYS_newfstatat, AT_FDCWD, "/proc/self/exe", &own, 0);
    int first = begin(own.st_ino);
    arrived(own.st_ino);
    if (!first) hide_fillers(environment);
    if (*settings.locale) keep_loadable(environment);
    if (first && settings.umask >= 0) umask(settings.umask), called(UMASK);
    if (first) {
        lines(export_one);
        if (settings.address_layout)
            personality(personality(0xffffffff) & ~ADDR_NO_RANDOMIZE), called(ADDRESS_LAYOUT);
        if (variable_count || settings.address_layout) start_again(environment);
    }
    if (settings.address_layout) {
        mallopt(M_PERTURB, FRESH);
        if (!malloc(16 + real_chance() % 128 * 16)) *report = 0; /* stays: the heap is shifted */
        fill_stack();
        called(ADDRESS_LAYOUT);
    }
    if (settings.schedule) pause_a_little();
    errno = saved;
}

/* Note once that some work runs beside other work that sees the same memory. */
static int noted;

static void note_sharing(void)
{
    int saved = errno;
    if (!noted) KERNEL(SYS_symlinkat, "yes", AT_FDCWD, DIRECTORY "seen/memory-shared");
    noted = 1;
    errno = saved;
}

static int would_share(void)
{
    static char maps[1 << 16];
    ssize_t size = noted ? 0 : read_file("/proc/self/maps", maps, sizeof maps - 1);
    maps[size < 0 ? 0 : size] = 0;
    return strstr(maps, " rw-s ") != NULL;
}

EXPORTED pid_t fork(void)
{
    if (conf()->schedule && would_share()) note_sharing();
    pid_t child = NEXT(fork)();
    if (!child && conf()->schedule) pause_a_little();
    return child;
}

struct task {
    void *(*run)(void *);
    void *argument;
};

static void *begin_thread(void *task)
{
    static volatile int begun;
    struct task one = *(struct task *)task;
    free(task);
    pause_in_turn(__atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED), FIRST_THREADS);
    return one.run(one.argument);
}

EXPORTED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                            void *(*run)(void *), void *argument)
{
    struct task *task = conf()->schedule ? malloc(sizeof *task) : NULL;
    if (!task) return NEXT(pthread_create)(thread, attributes, run, argument);
    note_sharing();
    *task = (struct task){run, argument};
    int failed = NEXT(pthread_create)(thread, attributes, begin_thread, task);
    if (failed) free(task);
    return failed;
}
