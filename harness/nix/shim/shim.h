/* The shim: a library that is preloaded into the programs of a build and moves factors there.
 *
 * It defines functions of the C library and passes them on, changed as /dev/harness/conf says.
 * Without that file, in setuid programs, and for each lever that the file does not name, it does
 * nothing. It needs no library by itself and no version of a symbol, so that any C library that
 * reads a preload file can load it. docs/shim.md describes the configuration. */

#ifndef SHIM_H
#define SHIM_H

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))

/* The next definition of a function, looked up once. */
#define NEXT(name)                                                       \
    ({                                                                   \
        static __typeof__(&name) found;                                  \
        if (!found) found = (__typeof__(&name))dlsym(RTLD_NEXT, #name);  \
        found;                                                           \
    })

/* A system call by the C library's own function, whatever this library makes of that. */
#define KERNEL(...) next_syscall()(__VA_ARGS__)
typedef long system_call(long number, ...);
HIDDEN system_call *next_syscall(void);

#define DIRECTORY "/dev/harness/"
#define FILLER "HARNESS_FILLER"
#define MOST_FILLERS 8

enum lever { CLOCK, FILE_TIME, MONOTONIC, RANDOM, DIRECTORY_ORDER, HOST, UMASK, ADDRESS_LAYOUT, CPUS, SCHEDULE, LEVERS };

enum clock_mode { AS_IS, OFFSET, PINNED };
enum order { UNORDERED, SORTED, REVERSED, BACKWARDS, SHUFFLED };

struct conf {
    int ready, present;
    enum clock_mode clock, monotonic, files;
    int64_t clock_seconds, monotonic_seconds, files_seconds;
    int64_t begun; /* in nanoseconds: younger files are of this build */
    int random;
    uint64_t random_seed;
    enum order order;
    uint64_t order_seed;
    char host[65], release[65];
    int umask; /* -1: as it is */
    int address_layout;
    int cpus; /* 0: as they are */
    int schedule;
    char locale[32];
    char *filler[MOST_FILLERS]; /* variables that make the environment as large as always */
    size_t fillers;
};

/* The configuration, read on first use. */
HIDDEN const struct conf *conf(void);

/* Report once a process that a lever was called. */
HIDDEN void called(enum lever lever);

/* Take away the mark of this process's program, whose file is named. */
HIDDEN void arrived(unsigned long long inode);

/* Take variables that name the moved locale away where the C library cannot load it. */
HIDDEN void keep_loadable(char **environment);

/* Where a file is opened to be written, what else wants to may come first. */
HIDDEN void pause_before_writing(void);

/* Fill a buffer from the pinned stream of random numbers. */
HIDDEN void draw(void *buffer, size_t size);

/* Count the strings of a list, without the NULL at its end. */
HIDDEN size_t counted(char *const *list);

/* Whether a variable is of those that only take room; take them out of an environment; put an
 * environment with them into a list, which has room for that. */
HIDDEN int is_filler(const char *variable);
HIDDEN void hide_fillers(char **environment);
HIDDEN char **with_fillers(char **list, char *const *environment);

/* Whether a path, or what a directory lists, is the shim's. */
HIDDEN int is_hidden(const char *path);
HIDDEN int is_hidden_entry(DIR *directory, const char *name);

/* Return a descriptor for what the kernel tells of a process, without the shim, or -1. */
HIDDEN int without_traces(const char *path, int flags);

/* Whether a loader is asked to list or look at a program only; hand such a list on, without the
 * shim. That returns only where it cannot be done. */
HIDDEN int is_loader(const char *path);
HIDDEN int is_traced(const char *path, char *const *arguments, char *const *environment);
HIDDEN void start_traced(const char *path, char *const *arguments, char *const *environment);

/* Return a descriptor for a path whose content a lever replaces, or -1. */
HIDDEN int replaced(const char *path, int flags);

/* Translate the deadline of a futex operation; return whether it has one. */
HIDDEN int translate_futex(long operation, const void *timeout, void *translated);

#endif
