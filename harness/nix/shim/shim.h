/* The shim: a library that is preloaded into the programs of a build and moves factors there.
 *
 * It defines functions of the C library and passes them on, changed as /dev/harness/conf says.
 * Without that file, in setuid programs, and for each lever that the file does not name, it does
 * nothing. It needs no library by itself and no version of a symbol, so that any C library that
 * reads a preload file can load it. docs/shim.md describes the configuration. */

#ifndef SHIM_H
#define SHIM_H

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

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
__attribute__((visibility("hidden"))) system_call *next_syscall(void);

#define DIRECTORY "/dev/harness/"

enum lever { CLOCK, MONOTONIC, RANDOM, DIRECTORY_ORDER, HOST, UMASK, ADDRESS_LAYOUT, CPUS, SCHEDULE, LEVERS };

enum clock_mode { AS_IS, OFFSET, PINNED };
enum order { UNORDERED, SORTED, REVERSED, BACKWARDS, SHUFFLED };

struct conf {
    int ready, present;
    enum clock_mode clock, monotonic;
    int64_t clock_seconds, monotonic_seconds;
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
};

/* The configuration, read on first use. */
__attribute__((visibility("hidden"))) const struct conf *conf(void);

/* Report once a process that a lever was called. */
__attribute__((visibility("hidden"))) void called(enum lever lever);

/* Take away the mark of this process's program, whose file is named. */
__attribute__((visibility("hidden"))) void arrived(unsigned long long inode);

/* Take variables that name the moved locale away where the C library cannot load it. */
__attribute__((visibility("hidden"))) void keep_loadable(char **environment);

/* Fill a buffer from the pinned stream of random numbers. */
__attribute__((visibility("hidden"))) void draw(void *buffer, size_t size);

/* Return a descriptor for a path whose content a lever replaces, or -1. */
__attribute__((visibility("hidden"))) int replaced(const char *path, int flags);

/* Translate the deadline of a futex operation; return whether it has one. */
__attribute__((visibility("hidden"))) int translate_futex(long operation, const void *timeout, void *translated);

#endif
