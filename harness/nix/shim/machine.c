/* What a program asks about the machine: its name, its kernel, its processors; system calls that
 * are made by number. */

#include "shim.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

EXPORTED int uname(struct utsname *names)
{
    int failed = NEXT(uname)(names);
    const struct conf *set = conf();
    if (failed || !(*set->host || *set->release)) return failed;
    called(HOST);
    if (*set->host) strcpy(names->nodename, set->host);
    if (*set->release) {
        strcpy(names->release, set->release);
        snprintf(names->version, sizeof names->version, "#1 %.56s", set->release);
    }
    return 0;
}

EXPORTED int gethostname(char *name, size_t size)
{
    const char *host = conf()->host;
    if (!*host) return NEXT(gethostname)(name, size);
    called(HOST);
    if (strlen(host) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(name, host);
    return 0;
}

EXPORTED long sysconf(int name)
{
    int cpus = conf()->cpus;
    if (!cpus || (name != _SC_NPROCESSORS_CONF && name != _SC_NPROCESSORS_ONLN))
        return NEXT(sysconf)(name);
    called(CPUS);
    return cpus;
}

EXPORTED int get_nprocs(void)
{
    return conf()->cpus ? sysconf(_SC_NPROCESSORS_ONLN) : NEXT(get_nprocs)();
}

EXPORTED int get_nprocs_conf(void)
{
    return conf()->cpus ? sysconf(_SC_NPROCESSORS_CONF) : NEXT(get_nprocs_conf)();
}

/* Give a set as many processors as the lever says: the first ones of it, then further ones. */
static void count_out(size_t size, cpu_set_t *set)
{
    int left = conf()->cpus;
    called(CPUS);
    for (size_t cpu = 0; cpu < 8 * size; cpu++) {
        if (left && CPU_ISSET_S(cpu, size, set)) left--;
        else CPU_CLR_S(cpu, size, set);
    }
    for (size_t cpu = 0; left && cpu < 8 * size; cpu++)
        if (!CPU_ISSET_S(cpu, size, set)) {
            CPU_SET_S(cpu, size, set);
            left--;
        }
}

EXPORTED int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set)
{
    int failed = NEXT(sched_getaffinity)(process, size, set);
    if (!failed && conf()->cpus) count_out(size, set);
    return failed;
}

EXPORTED int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *set)
{
    int failed = NEXT(pthread_getaffinity_np)(thread, size, set);
    if (!failed && conf()->cpus) count_out(size, set);
    return failed;
}

system_call *next_syscall(void)
{
    return NEXT(syscall);
}

EXPORTED long syscall(long number, ...)
{
    long given[6];
    struct timespec until;
    va_list rest;
    va_start(rest, number);
    for (int one = 0; one < 6; one++) given[one] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_getrandom && conf()->random)
        return getrandom((void *)given[0], given[1], given[2]);
    if (number == SYS_clock_gettime)
        return clock_gettime(given[0], (struct timespec *)given[1]);
    if (number == SYS_newfstatat)
        return fstatat(given[0], (const char *)given[1], (struct stat *)given[2], given[3]);
    if (number == SYS_statx)
        return statx(given[0], (const char *)given[1], given[2], given[3], (struct statx *)given[4]);
    if (number == SYS_execve)
        return execve((const char *)given[0], (char **)given[1], (char **)given[2]);
    if (number == SYS_execveat)
        return execveat(given[0], (const char *)given[1], (char **)given[2], (char **)given[3],
                        given[4]);
    if (number == SYS_futex && translate_futex(given[1], (const void *)given[3], &until))
        given[3] = (long)&until;
    return NEXT(syscall)(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
